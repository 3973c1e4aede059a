import { describe, expect, it } from '@jest/globals';
import { readUpdate } from './read-update.js';
import { latestOf, unitsOf } from './units.js';

let lastId = 0;
const from = (id: number) => ({ id, is_bot: false, first_name: 'x' });
const message = (userId: number, text: string, more: object = {}, kind: 'message' | 'edited_message' = 'message') =>
  readUpdate({ update_id: ++lastId, [kind]: { message_id: lastId, date: 1, chat: { id: userId, type: 'private' }, from: from(userId), text, ...more } });

describe('a batch of updates', () => {
  it('is cut by person, keeps the order of each, and is not mixed across commands or corrections', () => {
    const batch = [message(1, 'a'), message(2, 'x'), message(1, 'b'), message(1, '/help'), message(1, 'c'), message(1, 'd', { message_id: 9 }, 'edited_message')];
    const told = unitsOf(batch).map((unit) => (unit.kind === 'one' ? unit.incoming.kind : unit.contents.map(({ text }) => text).join('+')));
    expect(told).toEqual(['a+b', 'command', 'c', 'x', 'd']);
  });

  it('loses nothing and doubles nothing, however long a flood is', () => {
    const batch = Array.from({ length: 100 }, (_, n) => message(1, `${n} ${'y'.repeat(999)}`));
    const units = unitsOf(batch);
    expect(units.length).toBeGreaterThan(1);
    expect(units.flatMap((unit) => (unit.kind === 'contents' ? unit.contents : [])).map(({ updateId }) => updateId)).toEqual(batch.map(({ updateId }) => updateId));
  });

  it('keeps of several corrections of one message the last', () => {
    const edits = ['one', 'two', 'three'].map((text) => message(1, text, { message_id: 7 }, 'edited_message'));
    const [unit] = unitsOf(edits);
    expect(unit?.kind === 'contents' ? latestOf(unit.contents).map(({ text }) => text) : []).toEqual(['three']);
  });

  it('leaves groups and other bots alone', () => {
    expect(message(1, 'x', { chat: { id: -5, type: 'group' } }).kind).toBe('foreign');
    expect(message(1, 'x', { from: { ...from(1), is_bot: true } }).kind).toBe('foreign');
    expect(() => readUpdate({ update_id: 1, message: { message_id: 'x' } })).toThrow();
  });
});
