export type FileKind = 'jpeg' | 'png' | 'heic' | 'other';

/** What a file is, by its first bytes and not by its name. */
export function fileKind(bytes: Uint8Array): FileKind {
  const ascii = (from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'jpeg';
  if (ascii(1, 4) === 'PNG' && bytes[0] === 0x89) return 'png';
  // ISO base media file with a HEIF brand (ISO/IEC 23008-12); 'mif1' and 'msf1' are its general forms.
  if (ascii(4, 8) === 'ftyp' && /^(?:hei[cxms]|hev[cxms]|mif1|msf1)$/.test(ascii(8, 12))) return 'heic';
  return 'other';
}
