import { readFileSync } from 'node:fs';
import type { ReadStream } from 'node:tty';
import { CliFailure, EXIT } from './failure.js';

/** What a command says and asks. Commands get it as a parameter, so that tests can read the conversation. */
export interface Terminal {
  /** The result, on standard output. */
  say(line: string): void;
  /** Remarks and questions, on standard error: the result can be piped. */
  note(line: string): void;
  /** One line that may be seen; from a pipe the first line of it. */
  ask(question: string): Promise<string>;
  /** One line that is not shown while it is typed. */
  askSecret(question: string): Promise<string>;
  /** Whether a person sits there who can answer. */
  readonly interactive: boolean;
}

const ENTER = new Set(['\r', '\n', '\u0004']);
const BACKSPACE = new Set(['\b', '\u007f']);
const CTRL_C = '\u0003';
const CTRL_U = '\u0015';

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const input = process.stdin;
  const interactive = input.isTTY === true;
  let piped: string[] | undefined;
  return {
    interactive,
    say: (line) => void process.stdout.write(`${line}\n`),
    note: (line) => void process.stderr.write(`${line}\n`),
    ask: async (question) => {
      if (interactive) return typedLine({ keys: input, screen: process.stderr }, question, { shown: true });
      piped ??= readFileSync(0, 'utf8').split(/\r?\n/);
      const line = piped.shift();
      if (line === undefined) throw new CliFailure('standard input ended before the question was answered', EXIT.usage);
      return line;
    },
    askSecret: async (question) => {
      if (!interactive) {
        throw new CliFailure('there is no terminal to type a passphrase into: use --passphrase-file or --passphrase-fd', EXIT.usage);
      }
      return typedLine({ keys: input, screen: process.stderr }, question, { shown: false });
    },
  };
}

/** What `typedLine` needs of a terminal. */
export interface KeyedTerminal {
  readonly keys: Pick<ReadStream, 'setRawMode' | 'setEncoding' | 'resume' | 'pause' | 'on' | 'off'>;
  readonly screen: { write(text: string): unknown };
}

/**
 * Reads one line key by key, because the terminal's own line editing would show it.
 *
 * @param shown false: not even the number of keys can be seen
 * @throws CliFailure (130) on Ctrl-C
 */
export function typedLine({ keys: input, screen }: KeyedTerminal, question: string, { shown }: { shown: boolean }): Promise<string> {
  input.setRawMode(true); // before the question: whoever types at once must not be shown either
  screen.write(question);
  input.setEncoding('utf8');
  return new Promise((answered, failed) => {
    let typed: string[] = [];
    const finish = (): void => {
      input.off('data', take);
      input.setRawMode(false);
      input.pause();
      screen.write('\n');
    };
    const take = (keys: string): void => {
      for (const key of keys) {
        if (ENTER.has(key)) {
          finish();
          return answered(typed.join(''));
        }
        if (key === CTRL_C) {
          finish();
          return failed(new CliFailure('interrupted', EXIT.interrupted));
        }
        if (BACKSPACE.has(key)) {
          if (typed.pop() !== undefined && shown) screen.write('\b \b');
        } else if (key === CTRL_U) {
          if (shown) screen.write('\b \b'.repeat(typed.length));
          typed = [];
        } else if (key >= ' ') {
          typed.push(key);
          if (shown) screen.write(key);
        }
      }
    };
    input.on('data', take);
    input.resume();
  });
}
