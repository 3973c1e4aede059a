import { describe, expect, it } from '@jest/globals';
import { channelKey, contactState, isProvedByCode, movedOrder, testKey } from './own-contacts.js';

describe('one’s own contacts', () => {
  it('a contact that was switched off does not count as working, proved or not', () => {
    const verifiedAt = '2026-03-01T10:00:00.000Z';
    expect(contactState({ verifiedAt, disabled: null })).toBe('works');
    expect(contactState({ verifiedAt: null, disabled: null })).toBe('unproved');
    expect(contactState({ verifiedAt, disabled: 'smtp-550' })).toBe('off');
  });

  it('moves one step, keeps the others, and stays inside the list', () => {
    expect(movedOrder(['a', 'b', 'c'], 'c', -1)).toEqual(['a', 'c', 'b']);
    expect(movedOrder(['a', 'b', 'c'], 'a', 1)).toEqual(['b', 'a', 'c']);
    expect(movedOrder(['a', 'b', 'c'], 'a', -1)).toBe(null);
    expect(movedOrder(['a', 'b', 'c'], 'c', 1)).toBe(null);
    expect(movedOrder(['a', 'b'], 'x', 1)).toBe(null);
  });

  it('asks for a code only where one is sent', () => {
    const offered = { channels: [{ channel: 'email', proof: 'code' }, { channel: 'web-push', proof: 'device' }], webPushKey: null };
    expect(['email', 'web-push', 'telegram'].filter((channel) => isProvedByCode({ channel }, offered))).toEqual(['email']);
  });

  it('never calls a test delivered, and has words for an outcome that it does not know', () => {
    expect(['accepted', 'ambiguous', 'refused', 'retry', 'rate_limited', 'new'].map(testKey)).toEqual(
      ['accepted', 'ambiguous', 'refused', 'later', 'later', 'later'].map((each) => `desk.contacts.test-${each}`),
    );
    expect([channelKey('telegram'), channelKey('pigeon')]).toEqual(['desk.contacts.channel-telegram', null]);
  });
});
