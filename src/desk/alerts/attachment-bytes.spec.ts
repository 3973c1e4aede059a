import { describe, expect, it } from '@jest/globals';
import { readRange } from './attachment-bytes.js';

describe('a Range header', () => {
  it('names one range, with or without an end, or the last bytes', () => {
    expect(readRange('bytes=0-99', 1000)).toEqual({ start: 0, end: 100 });
    expect(readRange('bytes=990-', 1000)).toEqual({ start: 990, end: 1000 });
    expect(readRange('bytes=990-5000', 1000)).toEqual({ start: 990, end: 1000 });
    expect(readRange('bytes=-10', 1000)).toEqual({ start: 990, end: 1000 });
    expect(readRange('bytes=-5000', 1000)).toEqual({ start: 0, end: 1000 });
  });

  it('cannot be met behind the end, or for no bytes at all', () => {
    expect(readRange('bytes=1000-', 1000)).toBe('unsatisfiable');
    expect(readRange('bytes=-0', 1000)).toBe('unsatisfiable');
  });

  it('is answered with the whole when it is missing, broken, or asks for several', () => {
    for (const header of [undefined, '', 'bytes=-', 'bytes=5-2', 'bytes=0-1,5-6', 'lines=1-2', 'bytes=a-b', `bytes=${'9'.repeat(20)}-`]) {
      expect(readRange(header, 1000)).toBe('whole');
    }
  });
});
