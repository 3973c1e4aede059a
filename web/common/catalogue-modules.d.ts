/** Made by the catalogue plugin of vite.config.ts: `catalogue:AREA+AREA/LANG` is locales/LANG.json cut to those areas. */
declare module 'catalogue:*' {
  const catalogue: Readonly<Record<string, string>>;
  export default catalogue;
}
