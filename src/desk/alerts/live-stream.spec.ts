import { describe, expect, it } from '@jest/globals';
import { eventsBetween } from './live-stream.js';

const seen = (marks: Record<string, string>): Map<string, string> => new Map(Object.entries(marks));
const queue = 'event: queue\ndata: {}\n\n';
const changed = (alertId: string): string => `event: changed\ndata: {"alertId":"${alertId}"}\n\n`;

describe('what a live stream tells', () => {
  it('asks the page to read the queue once it has begun to watch', () => {
    expect(eventsBetween(null, seen({ a: '1', b: '1' }))).toEqual([queue]);
  });

  it('is silent while nothing changes', () => {
    expect(eventsBetween(seen({ a: '1' }), seen({ a: '1' }))).toEqual([]);
  });

  it('names an alert that changed', () => {
    expect(eventsBetween(seen({ a: '1', b: '1' }), seen({ a: '1', b: '2' }))).toEqual([changed('b')]);
  });

  it('names alerts that came or went, and has the queue read again', () => {
    expect(eventsBetween(seen({ a: '1' }), seen({ b: '1' }))).toEqual([changed('a'), changed('b'), queue]);
  });
});
