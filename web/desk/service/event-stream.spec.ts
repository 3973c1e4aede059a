import { describe, expect, it } from '@jest/globals';
import { changedAlertId, EventStreamParser } from './event-stream.js';

describe('the event stream', () => {
  it('is read the same however the line cuts it', () => {
    const text = ': hello\r\nevent: changed\r\ndata: {"alertId":"ab"}\r\n\r\nevent: ping\ndata: {}\n\n';
    const whole = new EventStreamParser().push(text);
    const parser = new EventStreamParser();
    const piecemeal = [...text].flatMap((character) => parser.push(character));
    expect(piecemeal).toEqual(whole);
    expect(whole).toEqual([
      { event: 'changed', data: '{"alertId":"ab"}' },
      { event: 'ping', data: '{}' },
    ]);
  });

  it('joins several lines of data and drops a block without any', () => {
    expect(new EventStreamParser().push('event: x\n\ndata: a\ndata: b\n\n')).toEqual([{ event: 'message', data: 'a\nb' }]);
  });

  it('holds an event back until its empty line has come', () => {
    const parser = new EventStreamParser();
    expect(parser.push('data: half\n')).toEqual([]);
    expect(parser.push('\n')).toHaveLength(1);
  });

  it('takes an alert id only from a proper change', () => {
    expect(changedAlertId({ event: 'changed', data: '{"alertId":"ab"}' })).toBe('ab');
    expect(changedAlertId({ event: 'changed', data: 'nonsense' })).toBeNull();
    expect(changedAlertId({ event: 'ping', data: '{"alertId":"ab"}' })).toBeNull();
  });
});
