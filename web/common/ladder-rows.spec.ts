import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AlertView, TierView } from './alert-view.js';
import { translator, type Catalogue } from './i18n.js';
import { ladderRows } from './ladder-rows.js';

const english = JSON.parse(readFileSync(join(import.meta.dirname, '../../locales/en.json'), 'utf8')) as Catalogue;
const t = translator('en', english);

const at = (time: string): string => `2026-11-23T${time}:00.000Z`;
const tier = (number: number, name: string, rest: Partial<TierView>): TierView => ({
  tier: number,
  key: `T${number}`,
  name: { en: name },
  status: 'waiting',
  sent: 0,
  of: 2,
  seen: 0,
  answered: 0,
  ...rest,
});
const view = (rest: Partial<AlertView>): AlertView => ({
  severity: 'S1',
  drill: false,
  unanswered: false,
  state: 'notifying',
  receivedAt: at('14:02'),
  gen: 1,
  tiers: [],
  next: null,
  owner: false,
  events: [],
  ...rest,
});
const told = (v: AlertView): string[] =>
  ladderRows(v, t).map((row) => {
    const time = row.at === null ? '--:--' : new Date(row.at).toISOString().slice(11, 16);
    return `${time} ${row.mark} ${row.text}${row.detail === undefined ? '' : ` / ${row.detail}`}`;
  });

describe('the ladder', () => {
  it('tells what happened in order, then what comes next, then what the sender did not want', () => {
    expect(
      told(
        view({
          tiers: [
            tier(5, 'EU mission', { status: 'not_consented' }),
            tier(1, 'Osh', { status: 'notified', enteredAt: at('14:02'), sent: 2, seen: 1 }),
            tier(2, 'Lawyers', { status: 'not_reached', enteredAt: at('14:07') }),
            tier(3, 'Coordinator', { dueAt: at('14:12') }),
            tier(4, 'Partner abroad', { dueAt: at('14:22') }),
          ],
          next: { tier: 3, at: at('14:12') },
        }),
      ),
    ).toEqual([
      '14:02 done Received',
      '14:02 done Sent to: Osh / Opened by 1 of 2',
      '14:07 missed Not reached: Lawyers',
      '14:12 next Next, if nobody answers: Coordinator',
      '14:22 next Then: Partner abroad',
      '--:-- off Not asked, as you decided: EU mission',
    ]);
  });

  it('never says "opened" or "delivered" before it is true', () => {
    const detail = (rest: Partial<TierView>): string | undefined =>
      ladderRows(view({ tiers: [tier(1, 'Osh', { status: 'notified', enteredAt: at('14:02'), ...rest })] }), t)[1]?.detail;
    expect(detail({})).toBe('Being delivered');
    expect(detail({ sent: 1 })).toBe('Delivered, nobody has opened it yet');
    expect(detail({ sent: 2, seen: 1 })).toBe('Opened by 1 of 2');
    expect(detail({ sent: 2, seen: 2, answered: 1 })).toBe('Answered by 1 of 2');
  });

  it('shows who acts now, and keeps the others in reserve without a time', () => {
    const acknowledged = view({
      state: 'acknowledged',
      owner: true,
      tiers: [tier(1, 'Osh', { status: 'notified', enteredAt: at('14:02'), sent: 2, seen: 1, answered: 1 }), tier(2, 'Lawyers', {})],
      events: [{ n: 3, type: 'ACK', at: at('14:04'), tier: 1 }],
    });
    expect(told(acknowledged).slice(-2)).toEqual([
      '14:04 now A responder is taking action',
      '--:-- next In reserve: Lawyers',
    ]);
  });

  it('turns an acknowledgement that ran out into history', () => {
    const expired = view({
      events: [
        { n: 3, type: 'ACK', at: at('14:04') },
        { n: 4, type: 'ACK_EXPIRED', at: at('18:04') },
      ],
    });
    expect(told(expired)).toEqual([
      '14:02 done Received',
      '14:04 done A responder is taking action',
      '18:04 missed No news from the responder. The alert goes on to others',
    ]);
  });

  it('promises nothing more once it is closed', () => {
    const closed = view({
      state: 'stood_down',
      tiers: [tier(2, 'Lawyers', { dueAt: at('14:12') })],
      events: [{ n: 4, type: 'CLOSE', at: at('14:09') }],
    });
    expect(told(closed)).toEqual(['14:02 done Received', "14:09 done Stopped at the sender's wish"]);
  });
});
