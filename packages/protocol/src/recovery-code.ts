// The printed recovery code: 160 random bits as 32 characters in groups of four.
// Crockford's base32 alphabet (https://www.crockford.com/base32.html): no I, L, O, U to misread.

export const recoveryCodeBytes = 20;
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const groupLength = 4;

/** "4T2Z-…": eight groups of four characters. */
export function formatRecoveryCode(code: Uint8Array): string {
  if (code.length !== recoveryCodeBytes) throw new RangeError('a recovery code has 20 bytes');
  const characters: string[] = [];
  // 5 bytes are 40 bits are 8 characters; a Number holds 40 bits exactly.
  for (let at = 0; at < code.length; at += 5) {
    let number = code.subarray(at, at + 5).reduce((sum, byte) => sum * 256 + byte, 0);
    const group: string[] = [];
    for (let i = 0; i < 8; i++) {
      group.unshift(alphabet.charAt(number % 32));
      number = Math.floor(number / 32);
    }
    characters.push(...group);
  }
  const text = characters.join('');
  return (text.match(new RegExp(`.{${groupLength}}`, 'g')) ?? []).join('-');
}

/** Reads a code as people type it: any case, spaces or hyphens anywhere, O for 0, I or L for 1. Null when it is not
 *  a code at all. */
export function parseRecoveryCode(text: string): Uint8Array | null {
  const clean = text
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\u002d\u2010-\u2015]/gu, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');
  if (clean.length !== 32 || [...clean].some((character) => !alphabet.includes(character))) return null;
  const code = new Uint8Array(recoveryCodeBytes);
  for (let group = 0; group < 4; group++) {
    let number = [...clean.slice(8 * group, 8 * group + 8)].reduce((sum, c) => sum * 32 + alphabet.indexOf(c), 0);
    for (let i = 4; i >= 0; i--) {
      code[5 * group + i] = number % 256;
      number = Math.floor(number / 256);
    }
  }
  return code;
}
