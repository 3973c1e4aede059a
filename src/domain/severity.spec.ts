import { describe, expect, it } from '@jest/globals';
import { parseSeverity, severityName } from './severity.js';

describe('a severity', () => {
  it('is written as S1 to S4 and read back as the same number; nothing else is one', () => {
    for (const severity of [1, 2, 3, 4] as const) {
      expect(severityName(severity)).toBe(`S${severity}`);
      expect(parseSeverity(`S${severity}`)).toBe(severity);
    }
    for (const other of ['S0', 'S5', 's1', '1', '']) expect(parseSeverity(other)).toBeNull();
  });
});
