// What a person has answered so far: in memory, never stored, kept when they go back.
import type { Answers, Consents, Severity } from '@jardam/protocol';
import type { ReadyFile } from './files.js';

export type YesNo = 'yes' | 'no' | 'unknown';

export interface ReportDraft {
  readonly who: 'me' | 'other' | null;
  readonly what: string;
  readonly region: string;
  readonly where: string;
  readonly when: string;
  readonly hurt: YesNo | null;
  readonly medical: YesNo | null;
  readonly held: YesNo | null;
  readonly holder: string;
  /** As <input type="datetime-local"> has it. */
  readonly detainedAt: string;
  readonly lawyer: YesNo | null;
  readonly children: YesNo | null;
  readonly contact: string;
  readonly neverCall: boolean;
  readonly files: readonly ReadyFile[];
  /** null: as suggested. */
  readonly severity: Severity | null;
  readonly excluded: readonly string[];
  readonly consents: Readonly<Record<ConsentName, boolean | null>>;
}

/** Asked one by one. Responders are not asked: sending at all is that consent. */
export const CONSENTS = ['abroad', 'eu', 'un', 'family', 'publication'] as const;
export type ConsentName = (typeof CONSENTS)[number];

export const emptyReport: ReportDraft = {
  who: null,
  what: '',
  region: '',
  where: '',
  when: '',
  hurt: null,
  medical: null,
  held: null,
  holder: '',
  detainedAt: '',
  lawyer: null,
  children: null,
  contact: '',
  neverCall: false,
  files: [],
  severity: null,
  excluded: [],
  consents: { abroad: null, eu: null, un: null, family: null, publication: null },
};

/** The answers that were given; a question that was skipped leaves no trace. */
export function answersOf(draft: ReportDraft): Answers {
  const text = (value: string): string | undefined => (value.trim() === '' ? undefined : value.trim());
  const detained = draft.detainedAt === '' ? NaN : Date.parse(draft.detainedAt);
  const answers: Record<keyof Answers, string | boolean | null | undefined> = {
    who: draft.who,
    what: text(draft.what),
    region: text(draft.region),
    where: text(draft.where),
    when: text(draft.when),
    hurt: draft.hurt,
    medical: draft.medical,
    holder: text(draft.holder) ?? (draft.held === 'no' ? undefined : draft.held),
    // The instant, so that detention clocks count alike wherever they are read.
    detainedAt: Number.isNaN(detained) ? undefined : new Date(detained).toISOString(),
    lawyer: draft.lawyer,
    children: draft.children,
    contact: text(draft.contact),
    neverCall: draft.neverCall ? true : undefined,
  };
  return Object.fromEntries(Object.entries(answers).filter(([, value]) => value !== null && value !== undefined));
}

/** What the answers speak for. Whoever is held or hurt may be in danger now: that it is known where they are makes it S2,
 *  that it is not makes it S1. Never below S3 while something was described: a person may always lower it. */
export function suggestedSeverity(draft: ReportDraft): Severity {
  const held = draft.held === 'yes';
  const placeKnown = draft.holder.trim() !== '' || draft.where.trim() !== '';
  if (draft.medical === 'yes' || (held && !placeKnown)) return 'S1';
  if (held || draft.hurt === 'yes') return 'S2';
  return 'S3';
}

/** Consents as they are sealed: what was not answered is not given, and nobody can agree to publication for another. */
export function consentsOf(draft: ReportDraft): Consents {
  const given = (name: ConsentName): boolean => draft.consents[name] === true;
  return {
    responders: true,
    abroad: given('abroad'),
    eu: given('eu'),
    un: given('un'),
    family: given('family'),
    publication: given('publication') && draft.who !== 'other',
  };
}
