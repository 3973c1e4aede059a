export type FileKind = 'jpeg' | 'png' | 'webp' | 'mp4' | 'webm' | 'ogg' | 'mp3' | 'heic' | 'other';

/** What a file is, by its first bytes and not by its name. */
export function fileKind(bytes: Uint8Array): FileKind {
  const ascii = (from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'jpeg';
  if (ascii(1, 4) === 'PNG' && bytes[0] === 0x89) return 'png';
  // ISO base media file with a HEIF brand (ISO/IEC 23008-12); 'mif1' and 'msf1' are its general forms.
  if (ascii(4, 8) === 'ftyp' && /^(?:hei[cxms]|hev[cxms]|mif1|msf1)$/.test(ascii(8, 12))) return 'heic';
  // MP4, MOV, M4A, 3GP; old QuickTime films begin without a brand.
  if (/^(?:ftyp|moov|mdat|wide)$/.test(ascii(4, 8))) return 'mp4';
  if (ascii(0, 4) === 'RIFF' && ascii(8, 12) === 'WEBP') return 'webp';
  if (ascii(0, 4) === '\u001aE\u00df\u00a3') return 'webm'; // EBML: also Matroska
  if (ascii(0, 4) === 'OggS') return 'ogg';
  if (ascii(0, 3) === 'ID3' || (bytes[0] === 0xff && /^(?:fa|fb|f2|f3|e2|e3)$/.test((bytes[1] ?? 0).toString(16)))) return 'mp3';
  return 'other';
}
