import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { h, render } from 'preact';
import { Live, useLive } from './live.js';

/** As much of a place in a page as a component needs that draws nothing. */
const nowhere = (): Element => ({ childNodes: [], firstChild: null, insertBefore: () => undefined }) as unknown as Element;

describe('a value that screens follow', () => {
  it('is drawn again also when it changes between the drawing and the listening', async () => {
    const live = new Live('loading');
    const drawn: string[] = [];
    const Screen = (): null => {
      drawn.push(useLive(live));
      return null;
    };
    const place = nowhere();
    render(h(Screen, {}), place);
    live.set('ready');
    for (let tries = 0; tries < 100 && drawn.length < 2; tries++) await sleep(50);
    expect(drawn).toEqual(['loading', 'ready']);
    live.set('gone');
    for (let tries = 0; tries < 100 && drawn.length < 3; tries++) await sleep(50);
    expect(drawn).toEqual(['loading', 'ready', 'gone']);
    render(null, place);
  });
});
