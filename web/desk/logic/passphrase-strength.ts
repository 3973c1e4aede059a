// How long a passphrase would hold out. An estimate of guesses for someone who has stolen the vault, on the safe side:
// it counts what people really choose from, not what the characters could in theory be.

export type Strength = 'short' | 'weak' | 'fair' | 'strong';

/** Below this a passphrase is not accepted. Argon2id with 256 MiB costs an attacker about 0.3 s of a core per guess:
 *  2^50 guesses are some ten million core-years. */
export const minPassphraseBits = 50;
const strongPassphraseBits = 70;
const minPassphraseLength = 12;

/** A word out of a large vocabulary. The EFF long list, from which the page suggests, gives 12.9. */
const bitsPerWord = 12;
const shortestWord = 4;
const lettersPerWord = 8;

const rows = ['abcdefghijklmnopqrstuvwxyz', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm', '01234567890', 'йцукенгшщзхъ', 'фывапролджэ', 'ячсмитьбю', 'абвгдеёжзийклмнопрстуфхцчшщъыьэюя'];

/** Estimated entropy in bits. */
export function passphraseBits(passphrase: string): number {
  const text = passphrase.normalize('NFKC');
  return Math.min(characterBits(text), wordBits(text));
}

export function passphraseStrength(passphrase: string): Strength {
  if ([...passphrase].length < minPassphraseLength) return 'short';
  const bits = passphraseBits(passphrase);
  if (bits < minPassphraseBits) return 'weak';
  return bits < strongPassphraseBits ? 'fair' : 'strong';
}

/** Each character out of the kinds in use, but next to nothing for one that the last ones foretell. */
function characterBits(text: string): number {
  const characters = [...text];
  const alphabet = kinds.reduce((size, [form, count]) => (form.test(text) ? size + count : size), 0);
  const each = Math.log2(Math.max(alphabet, 2));
  return characters.reduce((bits, character, i) => bits + (foretold(characters, i) ? 1 : each), 0);
}

const kinds: readonly (readonly [RegExp, number])[] = [
  [/\p{Ll}/u, 26],
  [/\p{Lu}/u, 26],
  [/\p{N}/u, 10],
  [/[^\p{L}\p{N}]/u, 20],
];

/** A repeat, the next of an alphabet or keyboard row (either way), or the continuation of something said before. */
function foretold(characters: readonly string[], i: number): boolean {
  const pair = (characters.slice(i - 1, i + 1).join('') || '').toLowerCase();
  if (i < 1) return false;
  const [before, character] = [...pair];
  if (before === character) return true;
  const backwards = [...pair].reverse().join('');
  if (rows.some((row) => row.includes(pair) || row.includes(backwards))) return true;
  const triple = characters.slice(i - 2, i + 1).join('').toLowerCase();
  return i >= 2 && characters.slice(0, i).join('').toLowerCase().includes(triple);
}

/** Letter by letter for what is mixed, word by word for what looks like words: a run of letters in one case, or with a
 *  capital first. Longer runs count as several words written together. The same word twice counts once. */
function wordBits(text: string): number {
  const runs = text.match(/\p{Lu}?[\p{Ll}\p{Lo}\p{Lm}\p{M}]+|\p{Lu}+|[^\p{L}\p{M}]+/gu) ?? [];
  const different = new Set(runs.map((run) => (isWordLike(run) ? run.toLowerCase() : run)));
  const bits = [...different].reduce(
    (sum, run) => sum + (isWordLike(run) ? Math.min(bitsPerWord * Math.ceil(run.length / lettersPerWord), characterBits(run)) : characterBits(run)),
    0,
  );
  return bits + (runs.length - different.size);
}

function isWordLike(run: string): boolean {
  return run.length >= shortestWord && /^\p{L}/u.test(run);
}
