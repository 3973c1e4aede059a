// How long a passphrase would hold out. An estimate of guesses for someone who has stolen the vault, on the safe side:
// it counts what people really choose from, not what the characters could in theory be.

export type Strength = 'short' | 'weak' | 'fair' | 'strong';

/** Below this a passphrase is not accepted. Argon2id with 256 MiB costs an attacker about 0.3 s of a core per guess:
 *  2^50 guesses are some ten million core-years. */
export const minPassphraseBits = 50;
const strongPassphraseBits = 70;
const minPassphraseLength = 12;

/** A word out of a large vocabulary; the EFF long list gives 12.9, a word that somebody thought of gives less. */
const bitsPerWord = 11;

const runs = ['abcdefghijklmnopqrstuvwxyz', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm', '01234567890', 'йцукенгшщзхъ', 'фывапролджэ', 'ячсмитьбю', 'абвгдеёжзийклмнопрстуфхцчшщъыьэюя'];

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
  if (runs.some((run) => run.includes(pair) || run.includes(backwards))) return true;
  const triple = characters.slice(i - 2, i + 1).join('').toLowerCase();
  return i >= 2 && characters.slice(0, i).join('').toLowerCase().includes(triple);
}

/** For text that is made of words: every different word counts once, whatever its length. */
function wordBits(text: string): number {
  const words = text.toLowerCase().split(/[^\p{L}\p{M}\p{N}]+/u).filter((word) => word !== '');
  if (words.length < 2) return Infinity;
  const different = new Set(words);
  const bits = [...different].reduce((sum, word) => sum + Math.min(bitsPerWord, characterBits(word)), 0);
  return bits + (words.length - different.size);
}
