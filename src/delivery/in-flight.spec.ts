import { describe, expect, it } from '@jest/globals';
import { InFlight } from './in-flight.js';

describe('what is on its way', () => {
  it('fills providers and crowds contacts, until it ends', async () => {
    const inFlight = new InFlight();
    const ends: (() => void)[] = [];
    for (const contact of ['a', 'a', 'a', 'b']) inFlight.add('email', contact, new Promise((resolve) => ends.push(resolve)));
    expect(inFlight.fullProviders(3)).toEqual(['email']);
    expect(inFlight.fullProviders(4)).toEqual([]);
    expect(inFlight.crowdedContacts(2)).toEqual(['a']);
    ends[0]?.();
    await new Promise(setImmediate);
    expect(inFlight.crowdedContacts(2)).toEqual([]);
    for (const end of ends) end();
    await inFlight.ended();
    expect(inFlight.fullProviders(0)).toEqual([]);
  });

  it('that hangs keeps a contact from getting more, long before it holds everything', () => {
    let now = 0;
    const inFlight = new InFlight(() => now);
    inFlight.add('email', 'slow', new Promise(() => undefined));
    inFlight.add('email', 'slow', new Promise(() => undefined));
    inFlight.add('email', 'other', new Promise(() => undefined));
    now = 1_999;
    expect(inFlight.crowdedContacts(8)).toEqual([]);
    now = 2_000;
    expect(inFlight.crowdedContacts(8)).toEqual(['slow']);
  });
});
