import { describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { typedLine, type KeyedTerminal } from './terminal.js';

function terminal(): KeyedTerminal & { type(keys: string): void; readonly raw: boolean[]; seen(): string } {
  const keys = new PassThrough();
  const raw: boolean[] = [];
  let text = '';
  return {
    keys: Object.assign(keys, {
      setRawMode: (on: boolean) => {
        raw.push(on);
        return keys as never;
      },
    }) as unknown as KeyedTerminal['keys'],
    screen: { write: (part: string) => (text += part) },
    type: (typed) => void keys.write(typed),
    raw,
    seen: () => text,
  };
}

describe('typing into the terminal', () => {
  it('shows nothing of a secret, not even its length', async () => {
    const at = terminal();
    const line = typedLine(at, 'Passphrase: ', { shown: false });
    at.type('ҳама чиз');
    at.type('!\r');
    expect(await line).toBe('ҳама чиз!');
    expect(at.seen()).toBe('Passphrase: \n');
  });

  it('gives the terminal back as it was, also after Ctrl-C', async () => {
    const at = terminal();
    const line = typedLine(at, 'Passphrase: ', { shown: false });
    at.type('half\u0003');
    await expect(line).rejects.toMatchObject({ exitCode: 130 });
    expect(at.raw).toEqual([true, false]);
  });

  it('lets a mistake be corrected with backspace, or the whole line with Ctrl-U', async () => {
    const at = terminal();
    const line = typedLine(at, 'Mail: ', { shown: true });
    at.type('wrong\u0015ab\u007fc\n');
    expect(await line).toBe('ac');
  });
});
