import { describe, expect, it } from '@jest/globals';
import { answersOf, consentsOf, emptyReport, suggestedSeverity, type ReportDraft } from './report-draft.js';

const draft = (rest: Partial<ReportDraft>): ReportDraft => ({ ...emptyReport, ...rest });

describe('a report', () => {
  it('in which every question was skipped says nothing, and consents to nothing', () => {
    expect(answersOf(emptyReport)).toEqual({});
    expect(consentsOf(emptyReport)).toEqual({ responders: true, abroad: false, eu: false, un: false, family: false, publication: false });
  });

  it('carries answers without the blanks around them, and times as instants', () => {
    const answers = answersOf(draft({ what: '  They took him. ', where: '   ', hurt: 'unknown', detainedAt: '2026-11-23T14:02', neverCall: true }));
    expect(answers).toEqual({
      what: 'They took him.',
      hurt: 'unknown',
      detainedAt: new Date(2026, 10, 23, 14, 2).toISOString(),
      neverCall: true,
    });
  });

  it('leaves out a time that is none', () => {
    expect(answersOf(draft({ detainedAt: 'yesterday' }))).toEqual({});
  });

  it('says that somebody is held even when nobody knows by whom', () => {
    expect(answersOf(draft({ held: 'yes' }))).toEqual({ holder: 'yes' });
    expect(answersOf(draft({ held: 'no' }))).toEqual({});
    expect(answersOf(draft({ held: 'yes', holder: 'police, Osh' }))).toEqual({ holder: 'police, Osh' });
  });

  it('can be published only by the person it is about', () => {
    const consents = { ...emptyReport.consents, publication: true };
    expect(consentsOf(draft({ who: 'me', consents })).publication).toBe(true);
    expect(consentsOf(draft({ who: 'other', consents })).publication).toBe(false);
  });
});

describe('the suggested urgency', () => {
  it.each<[string, Partial<ReportDraft>, string]>([
    ['held, and nobody knows where', { held: 'yes' }, 'S1'],
    ['in need of a doctor', { medical: 'yes' }, 'S1'],
    ['held at a known place', { held: 'yes', holder: 'police, Osh' }, 'S2'],
    ['hurt, but cared for', { hurt: 'yes', medical: 'no' }, 'S2'],
    ['nothing of this', { what: 'They call every day.' }, 'S3'],
  ])('%s', (_case, answers, severity) => {
    expect(suggestedSeverity(draft(answers))).toBe(severity);
  });
});
