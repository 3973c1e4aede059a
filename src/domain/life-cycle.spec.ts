import { describe, expect, it } from '@jest/globals';
import { ALERT_STATES, CLOSED_STATES, isClosed, move, provenReachable, TRANSITIONS } from './life-cycle.js';

describe('the life of an alert', () => {
  it('refuses every move of a closed alert', () => {
    for (const state of CLOSED_STATES) expect(move(state, 'acknowledge')).toEqual({ refused: 'already-closed' });
  });

  it('refuses to renew or hand over what nobody has', () => {
    expect(move('notifying', 'renew')).toEqual({ refused: 'not-acknowledged' });
    expect(move('paused', 'hand_over')).toEqual({ refused: 'not-acknowledged' });
  });

  it('can be closed from every open state', () => {
    for (const state of ALERT_STATES.filter((each) => !isClosed(each))) expect(move(state, 'resolved')).toEqual({ to: 'resolved' });
  });

  it('stays handled when a second person acknowledges', () => {
    expect(move('handling', 'acknowledge')).toEqual({ to: 'handling' });
  });

  it('is checked when the program starts', () => {
    const { paused: _paused, ...rest } = TRANSITIONS;
    const { pause: _pause, ...notifying } = TRANSITIONS.notifying;
    expect(() => provenReachable({ ...TRANSITIONS, notifying })).toThrow('the state paused cannot be reached');
    expect(() => provenReachable({ ...rest, paused: { resume: 'notifying' } })).toThrow('the state paused cannot be closed');
    expect(() => provenReachable({ ...TRANSITIONS, resolved: { resume: 'notifying' } })).toThrow('the end state resolved can be left');
  });
});
