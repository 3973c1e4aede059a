import { beforeAll, describe, expect, it } from '@jest/globals';
import { deriveResponder, drawMasterSecret, encodeStatement, signStatement, type Primitives, type ResponderKeys, type Statement } from '@jardam/protocol';
import { loadSodium } from '@jardam/protocol/sodium';
import { checkAgainstAlert, checkAuthor, type AlertFacts, type SignedStatement } from './statement-check.js';

describe('a signed statement that reaches the desk', () => {
  let p: Primitives;
  let keys: ResponderKeys;
  let author: { rid: Uint8Array; sigPk: Uint8Array };
  let base: Statement;

  beforeAll(async () => {
    p = await loadSodium();
    keys = deriveResponder(p, drawMasterSecret(p));
    author = { rid: p.randomBytes(16), sigPk: keys.signPk };
    base = {
      type: 'ack',
      tag: p.randomBytes(32),
      hh: p.randomBytes(32),
      tier: 1,
      gen: 2,
      time: 1_700_000_000_000,
      prevEventHash: p.randomBytes(32),
      rid: author.rid,
      detail: '{}',
    };
  });

  const sign = (change: Partial<Statement> = {}, by: Uint8Array = keys.signSeed): SignedStatement => {
    const statement = encodeStatement({ ...base, ...change });
    return { statement, signature: signStatement(p, statement, by), proof: p.randomBytes(32) };
  };

  it('is taken when the person of the session has signed it', () => {
    expect(checkAuthor(p, sign(), author)).toMatchObject({ statement: { type: 'ack', gen: 2 }, act: { type: 'ack', detail: {} } });
  });

  it('is refused when it was signed by somebody else, for somebody else, or changed afterwards', () => {
    const stranger = deriveResponder(p, drawMasterSecret(p));
    expect(checkAuthor(p, sign({}, stranger.signSeed), author)).toEqual({ refused: 'bad-signature' });
    expect(checkAuthor(p, sign({ rid: p.randomBytes(16) }), author)).toEqual({ refused: 'wrong-responder' });
    const changed = sign();
    const statement = changed.statement.slice();
    statement[65] = 3; // the tier: type 1 ‖ tag 32 ‖ hh 32 come before it
    expect(checkAuthor(p, { ...changed, statement }, author)).toEqual({ refused: 'bad-signature' });
  });

  it('is refused when it is cut short, or its type is unknown', () => {
    const whole = sign();
    expect(checkAuthor(p, { ...whole, statement: whole.statement.subarray(0, 100) }, author)).toEqual({ refused: 'malformed-statement' });
    const unknown = whole.statement.slice();
    unknown[0] = 99;
    expect(checkAuthor(p, { ...whole, statement: unknown }, author)).toEqual({ refused: 'malformed-statement' });
  });

  it('needs a proof of 32 bytes to acknowledge, and keeps none for anything else', () => {
    expect(checkAuthor(p, { ...sign(), proof: undefined }, author)).toEqual({ refused: 'proof-missing' });
    expect(checkAuthor(p, { ...sign(), proof: p.randomBytes(31) }, author)).toEqual({ refused: 'proof-missing' });
    expect(checkAuthor(p, sign({ type: 'seen' }), author)).toMatchObject({ proof: null });
  });

  it('has no room for free text', () => {
    const refused = { refused: 'bad-detail' };
    const act = (type: Statement['type'], detail: unknown): unknown => checkAuthor(p, sign({ type, detail: JSON.stringify(detail) }), author);
    expect(act('action', { code: 'lawyer_sent' })).toMatchObject({ act: { detail: { code: 'lawyer_sent' } } });
    expect(act('action', { code: 'Called her at home' })).toEqual(refused);
    expect(act('action', { code: 'lawyer_sent', to: 'canary' })).toEqual(refused);
    expect(act('seen', { canary: 1 })).toEqual(refused);
    expect(act('hand_over', { toRid: 'a'.repeat(32) })).toMatchObject({ act: { type: 'hand_over' } });
    expect(act('hand_over', { toRid: 'a'.repeat(32), toOrg: 'lawyers' })).toEqual(refused);
    expect(act('close', { outcome: 'resolved' })).toMatchObject({ act: { detail: { outcome: 'resolved' } } });
    expect(act('close', {})).toEqual(refused);
    expect(checkAuthor(p, sign({ detail: 'not json' }), author)).toEqual(refused);
  });

  it('must speak about this alert, one of its envelopes, an event that happened, and a tier of the person', () => {
    const facts: AlertFacts = { tag: base.tag, gen: 2, tiers: [1], knowsEnvelope: true, knowsEvent: true };
    expect(checkAgainstAlert(base, facts)).toBeNull();
    expect(checkAgainstAlert(base, { ...facts, gen: 3 })).toBeNull();
    expect(checkAgainstAlert(base, { ...facts, tag: p.randomBytes(32) })).toBe('wrong-alert');
    expect(checkAgainstAlert(base, { ...facts, knowsEnvelope: false })).toBe('wrong-envelope');
    expect(checkAgainstAlert(base, { ...facts, knowsEvent: false })).toBe('unknown-event');
    expect(checkAgainstAlert(base, { ...facts, tiers: [2, 3] })).toBe('wrong-tier');
    expect(checkAgainstAlert(base, { ...facts, gen: 1 })).toBe('future-gen');
    expect(checkAgainstAlert({ ...base, gen: 0 }, facts)).toBe('future-gen');
  });
});
