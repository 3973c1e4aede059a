// What a responder records with one press. The code goes into a signed statement and is stored in the clear: it says
// what kind of thing was done, never to whom. Groups follow the order in which a case usually unfolds.
import type { Consents } from '@jardam/protocol';

/** Which instrument asks for the action; by it the figures for the next meeting are counted. */
export type Instrument = 'eu-guidelines' | 'un-declaration' | 'osce-guidelines' | 'mandela-rules' | 'istanbul-protocol' | 'paris-principles';

export type ActionGroupKey = 'contact' | 'lawyer' | 'care' | 'detention' | 'complaint' | 'eu' | 'international' | 'protection' | 'closing';

export interface Action {
  readonly code: ActionCode;
  readonly instrument?: Instrument;
  /** Doing this without the consent would be a wrong of its own; the desk asks before it records it. */
  readonly consent?: keyof Consents;
}

export interface ActionGroup {
  readonly key: ActionGroupKey;
  readonly actions: readonly Action[];
}

export const ACTION_CODES = [
  'called_safely', 'verified', 'went_to_place',
  'lawyer_sent', 'lawyer_admitted', 'lawyer_refused',
  'family_told', 'medical_help_sent', 'injuries_documented', 'psychosocial_support', 'children_cared_for',
  'facility_asked', 'facility_confirmed', 'facility_denied', 'visit_requested', 'visit_made', 'visit_refused', 'hearing_observed',
  'complaint_filed', 'ombudsman_asked',
  'eu_informed', 'eu_contact', 'eu_demarche', 'eu_visit', 'eu_trial_observation', 'eu_statement',
  'un_submission', 'odihr_submission', 'omct_submission',
  'emergency_grant', 'shelter', 'relocation', 'visa', 'accounts_locked', 'devices_revoked',
  'public_statement', 'feedback_given',
] as const;
export type ActionCode = (typeof ACTION_CODES)[number];

export const ACTION_GROUPS: readonly ActionGroup[] = [
  {
    key: 'contact',
    actions: [{ code: 'called_safely' }, { code: 'verified' }, { code: 'went_to_place' }],
  },
  {
    key: 'lawyer',
    actions: [
      { code: 'lawyer_sent' },
      { code: 'lawyer_admitted' },
      { code: 'lawyer_refused', instrument: 'un-declaration' },
    ],
  },
  {
    key: 'care',
    actions: [
      { code: 'family_told', consent: 'family' },
      { code: 'medical_help_sent', instrument: 'mandela-rules' },
      { code: 'injuries_documented', instrument: 'istanbul-protocol' },
      { code: 'psychosocial_support' },
      { code: 'children_cared_for' },
    ],
  },
  {
    key: 'detention',
    actions: [
      { code: 'facility_asked' },
      { code: 'facility_confirmed' },
      { code: 'facility_denied' },
      { code: 'visit_requested', instrument: 'mandela-rules' },
      { code: 'visit_made', instrument: 'mandela-rules' },
      { code: 'visit_refused', instrument: 'mandela-rules' },
      { code: 'hearing_observed', instrument: 'osce-guidelines' },
    ],
  },
  {
    key: 'complaint',
    actions: [{ code: 'complaint_filed' }, { code: 'ombudsman_asked', instrument: 'paris-principles' }],
  },
  {
    key: 'eu',
    actions: [
      { code: 'eu_informed', instrument: 'eu-guidelines', consent: 'eu' },
      { code: 'eu_contact', instrument: 'eu-guidelines', consent: 'eu' },
      { code: 'eu_demarche', instrument: 'eu-guidelines', consent: 'eu' },
      { code: 'eu_visit', instrument: 'eu-guidelines', consent: 'eu' },
      { code: 'eu_trial_observation', instrument: 'eu-guidelines', consent: 'eu' },
      { code: 'eu_statement', instrument: 'eu-guidelines', consent: 'publication' },
    ],
  },
  {
    key: 'international',
    actions: [
      { code: 'un_submission', instrument: 'un-declaration', consent: 'un' },
      { code: 'odihr_submission', instrument: 'osce-guidelines', consent: 'abroad' },
      { code: 'omct_submission', consent: 'abroad' },
    ],
  },
  {
    key: 'protection',
    actions: [
      { code: 'emergency_grant', instrument: 'eu-guidelines' },
      { code: 'shelter' },
      { code: 'relocation' },
      { code: 'visa', instrument: 'eu-guidelines' },
      { code: 'accounts_locked' },
      { code: 'devices_revoked' },
    ],
  },
  {
    key: 'closing',
    actions: [
      { code: 'public_statement', consent: 'publication' },
      { code: 'feedback_given', instrument: 'eu-guidelines' },
    ],
  },
];

/** Whether the defender has agreed to what the action means. */
export function isConsented({ consent }: Action, consents: Consents): boolean {
  return consent === undefined || consents[consent];
}
