import { describe, expect, it } from '@jest/globals';
import { filled, smallReport, sodium } from '../test/fixtures.js';
import { parseEnvelope } from './envelope-format.js';
import { checkChain, isListed, type ChainHead } from './opening.js';

describe('the list inside', () => {
  it('must name the reader for the tier whose stanza opened', () => {
    const recipients = [{ rid: 'a', org: 'partner-osh', tier: 1 }];
    expect(isListed(recipients, 'a', 1)).toBe(true);
    expect(isListed(recipients, 'a', 4)).toBe(false);
    expect(isListed(recipients, 'b', 1)).toBe(false);
  });
});

describe('what one sender says about one alert', () => {
  const first = smallReport(sodium);
  const head: ChainHead = {
    alertId: first.input.alertId,
    senderPk: sodium.ed25519.keypair(first.input.senderSeed).publicKey,
    seq: 0,
    envelopeHash: first.envelopeHash,
  };
  const next = (changes: Parameters<typeof smallReport>[1]): ReturnType<typeof parseEnvelope> =>
    parseEnvelope(smallReport(sodium, { ...first.input, kind: 3, seq: 1, prevHash: first.envelopeHash, ...changes }).bytes);

  it('starts at 0 without a predecessor', () => {
    expect(checkChain(null, parseEnvelope(first.bytes))).toEqual({ next: true });
    expect(checkChain(null, next({ seq: 0, prevHash: filled(1) }))).toEqual({ refused: 'wrong-prev' });
    expect(checkChain(null, next({}))).toEqual({ refused: 'gap' });
  });

  it('goes on one by one, each naming the one before', () => {
    expect(checkChain(head, next({}))).toEqual({ next: true });
    expect(checkChain(head, next({ prevHash: filled(1) }))).toEqual({ refused: 'wrong-prev' });
    expect(checkChain(head, next({ seq: 2 }))).toEqual({ refused: 'gap' });
    expect(checkChain(head, next({ senderSeed: filled(1) }))).toEqual({ refused: 'another-sender' });
    expect(checkChain(head, next({ alertId: filled(1, 16) }))).toEqual({ refused: 'another-alert' });
  });

  it('cannot be played again', () => {
    expect(checkChain(head, parseEnvelope(first.bytes))).toEqual({ refused: 'replayed' });
    expect(checkChain({ ...head, seq: 5 }, next({}))).toEqual({ refused: 'replayed' });
  });
});
