export default async function teardown() {
  const server = globalThis.jardamTestServer;
  globalThis.jardamTestServer = undefined;
  await server?.stop();
}
