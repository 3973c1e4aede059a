import type { Language } from '@jardam/protocol';
import type { Coalition } from '../cli/coalition-file.js';

/** Somebody invented, who answers in the demo. */
export interface CastMember {
  /** Names the person in the demo's own file. */
  readonly key: string;
  readonly name: string;
  readonly org: string;
  readonly role: string;
  readonly tiers: readonly number[];
  readonly address: string;
  /** Language of the mails that this person gets. */
  readonly lang: Language;
}

/** Organisations and people are named by what they do: nobody real is meant. Tiers are those of config/policies/demo.yaml. */
export const ORGANISATIONS: Coalition['organisations'] = [
  {
    id: 'partner-osh',
    name: { en: 'Partner in Osh', ru: 'Партнёр в Оше', ky: 'Оштогу өнөктөш', uz: 'Oʻshdagi hamkor', tg: 'Шарик дар Ӯш' },
  },
  { id: 'lawyers', name: { en: 'Duty lawyers', ru: 'Дежурные адвокаты', ky: 'Кезметчи адвокаттар', uz: 'Navbatchi advokatlar', tg: 'Адвокатҳои навбатдор' } },
  {
    id: 'coordination-bishkek',
    name: {
      en: 'National coordination, Bishkek',
      ru: 'Национальная координация, Бишкек',
      ky: 'Улуттук координация, Бишкек',
      uz: 'Milliy koordinatsiya, Bishkek',
      tg: 'Ҳамоҳангсозии миллӣ, Бишкек',
    },
  },
  { id: 'partner-abroad', name: { en: 'Partner abroad', ru: 'Партнёр за рубежом', ky: 'Чет өлкөдөгү өнөктөш', uz: 'Chet eldagi hamkor', tg: 'Шарики хориҷӣ' } },
  {
    id: 'eu-delegation',
    name: { en: 'EU Delegation', ru: 'Представительство ЕС', ky: 'Европа Биримдигинин өкүлчүлүгү', uz: 'Yevropa Ittifoqi vakolatxonasi', tg: 'Намояндагии Иттиҳоди Аврупо' },
  },
];

export const CAST: readonly CastMember[] = [
  { key: 'osh', name: 'Case officer, Osh', org: 'partner-osh', role: 'officer', tiers: [1], address: 'officer@osh.example', lang: 'ky' },
  { key: 'osh-reserve', name: 'Reserve officer, Osh', org: 'partner-osh', role: 'officer', tiers: [2], address: 'reserve@osh.example', lang: 'uz' },
  { key: 'lawyer', name: 'Duty lawyer', org: 'lawyers', role: 'lawyer', tiers: [2], address: 'duty@lawyers.example', lang: 'ru' },
  { key: 'coordinator', name: 'National coordinator, Bishkek', org: 'coordination-bishkek', role: 'coordinator', tiers: [3], address: 'coordinator@bishkek.example', lang: 'ru' },
  { key: 'abroad', name: 'Partner abroad', org: 'partner-abroad', role: 'officer', tiers: [4], address: 'officer@abroad.example', lang: 'en' },
  { key: 'eu-focal', name: 'EU Delegation, focal point', org: 'eu-delegation', role: 'focal-point', tiers: [5], address: 'focal-point@eu-delegation.example', lang: 'en' },
  { key: 'eu-deputy', name: 'EU Delegation, deputy', org: 'eu-delegation', role: 'deputy', tiers: [5], address: 'deputy@eu-delegation.example', lang: 'en' },
];

/** Told when a ladder ends without an answer; they hold no keys. */
export const LAST_RESORT = [
  { purpose: 'duty_desk', name: 'Duty desk', address: 'duty-desk@coalition.example' },
  { purpose: 'operator', name: 'Operator', address: 'operator@coalition.example' },
] as const;

export const EMERGENCY: Coalition['emergency'] = [
  {
    label: {
      en: 'Duty telephone (invented)',
      ru: 'Дежурный телефон (вымышленный)',
      ky: 'Кезмет телефону (ойдон чыгарылган)',
      uz: 'Navbatchi telefoni (oʻylab topilgan)',
      tg: 'Телефони навбатдор (бофташуда)',
    },
    phone: '+996 000 000 000',
  },
];
