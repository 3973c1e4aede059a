import { describe, expect, it } from '@jest/globals';
import { SessionBudget } from './session-budget.js';

const session = Buffer.alloc(32, 1);
const other = Buffer.alloc(32, 2);

describe('what one session may do', () => {
  it('lets a person work fast, stops a flood, and lets go again with time', () => {
    const budget = new SessionBudget();
    const waits = Array.from({ length: 31 }, () => budget.take(session, 'write', 0));
    expect(waits.slice(0, 30)).toEqual(Array(30).fill(0));
    expect(waits[30]).toBe(4_000);
    expect(budget.take(session, 'write', 3_999)).toBeGreaterThan(0);
    expect(budget.take(session, 'write', 4_000)).toBe(0);
  });

  it('does not let one session use up what another needs, nor one kind of request another', () => {
    const budget = new SessionBudget();
    while (budget.take(session, 'act', 0) === 0);
    expect(budget.take(other, 'act', 0)).toBe(0);
    expect(budget.take(session, 'look', 0)).toBe(0);
  });

  it('forgets idle sessions, but not those that still owe time', () => {
    const budget = new SessionBudget();
    while (budget.take(session, 'write', 0) === 0);
    for (let i = 0; i < 3_000; i++) budget.take(Buffer.from(`idle ${i}`.padEnd(32)), 'look', 0);
    budget.take(other, 'look', 1_000);
    expect(Reflect.get(budget, 'levels')).toHaveProperty('size', 2);
    expect(budget.take(session, 'write', 1_001)).toBeGreaterThan(0);
  });
});
