// The regions of Kyrgyzstan by ISO 3166-2 code. Alerts store the code; names change (Jalal-Abad city became Manas in
// September 2025, the region kept its name) and belong to the reader's language.
import type { Language } from './i18n.js';

export interface Region {
  readonly iso: string;
  readonly name: Readonly<Record<Language, string>>;
}

/** Capital first, then by code: the two cities are what most people look for. */
export const REGIONS: readonly Region[] = [
  { iso: 'KG-GB', name: { ky: 'Бишкек шаары', ru: 'город Бишкек', uz: 'Bishkek shahri', tg: 'шаҳри Бишкек', en: 'Bishkek City' } },
  { iso: 'KG-GO', name: { ky: 'Ош шаары', ru: 'город Ош', uz: 'Oʻsh shahri', tg: 'шаҳри Ӯш', en: 'Osh City' } },
  { iso: 'KG-B', name: { ky: 'Баткен облусу', ru: 'Баткенская область', uz: 'Botken viloyati', tg: 'вилояти Боткен', en: 'Batken Region' } },
  { iso: 'KG-C', name: { ky: 'Чүй облусу', ru: 'Чуйская область', uz: 'Chuy viloyati', tg: 'вилояти Чӯй', en: 'Chüy Region' } },
  { iso: 'KG-J', name: { ky: 'Жалал-Абад облусу', ru: 'Джалал-Абадская область', uz: 'Jalolobod viloyati', tg: 'вилояти Ҷалолобод', en: 'Jalal-Abad Region' } },
  { iso: 'KG-N', name: { ky: 'Нарын облусу', ru: 'Нарынская область', uz: 'Norin viloyati', tg: 'вилояти Норин', en: 'Naryn Region' } },
  { iso: 'KG-O', name: { ky: 'Ош облусу', ru: 'Ошская область', uz: 'Oʻsh viloyati', tg: 'вилояти Ӯш', en: 'Osh Region' } },
  { iso: 'KG-T', name: { ky: 'Талас облусу', ru: 'Таласская область', uz: 'Talas viloyati', tg: 'вилояти Талас', en: 'Talas Region' } },
  { iso: 'KG-Y', name: { ky: 'Ысык-Көл облусу', ru: 'Иссык-Кульская область', uz: 'Issiqkoʻl viloyati', tg: 'вилояти Иссиқкӯл', en: 'Issyk-Kul (Ysyk-Köl) Region' } },
];

/** The name of a region code in a language; the code itself when it is not ours (another country's report). */
export function regionName(iso: string, lang: Language): string {
  return REGIONS.find((region) => region.iso === iso)?.name[lang] ?? iso;
}
