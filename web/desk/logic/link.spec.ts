import { describe, expect, it } from '@jest/globals';
import { personalLink, readDeskLink } from './link.js';

const locator = 'A'.repeat(22);
const instance = 'B'.repeat(43);

describe('the personal link', () => {
  it('comes back as it was made', () => {
    const { hash } = new URL(personalLink('https://example.org', locator, instance));
    expect(readDeskLink(hash)).toEqual({ invitation: null, locator, instance, alertId: null });
  });

  it('keeps everything behind the #, out of reach of servers and their logs', () => {
    const url = new URL(personalLink('https://example.org', locator, instance));
    expect(url.pathname + url.search).toBe('/desk');
  });

  it('takes nothing that has not the right form', () => {
    expect(readDeskLink('#v=short&i=x&a=../../etc&invite=%3Cscript%3E')).toEqual({
      invitation: null,
      locator: null,
      instance: null,
      alertId: null,
    });
  });
});
