// What the desk does with a file that somebody sent: show it as pixels, show it as plain text, or only let it be saved.
// By its first bytes, never by the name or type that the sender wrote.

export type FileKind = 'image' | 'text' | 'other';

export interface ReadFile {
  readonly kind: FileKind;
  /** What createImageBitmap is told; for files to save always application/octet-stream. */
  readonly type: string;
  /** Neutral ending of the saved file, without the dot. */
  readonly ending: string;
}

const signatures: readonly (readonly [readonly number[], number, Omit<ReadFile, 'kind'>, FileKind])[] = [
  [[0xff, 0xd8, 0xff], 0, { type: 'image/jpeg', ending: 'jpg' }, 'image'],
  [[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], 0, { type: 'image/png', ending: 'png' }, 'image'],
  [[0x57, 0x45, 0x42, 0x50], 8, { type: 'image/webp', ending: 'webp' }, 'image'],
  [[0x25, 0x50, 0x44, 0x46], 0, { type: 'application/octet-stream', ending: 'pdf' }, 'other'],
  [[0x66, 0x74, 0x79, 0x70], 4, { type: 'application/octet-stream', ending: 'mp4' }, 'other'],
  [[0x4f, 0x67, 0x67, 0x53], 0, { type: 'application/octet-stream', ending: 'ogg' }, 'other'],
  [[0x1a, 0x45, 0xdf, 0xa3], 0, { type: 'application/octet-stream', ending: 'webm' }, 'other'],
  [[0x49, 0x44, 0x33], 0, { type: 'application/octet-stream', ending: 'mp3' }, 'other'],
];

/** Longer text is saved instead: nobody reads it in a dialog. */
const maxTextBytes = 262_144;

export function readFileKind(bytes: Uint8Array): ReadFile {
  for (const [signature, at, found, kind] of signatures) {
    if (signature.every((byte, i) => bytes[at + i] === byte)) return { ...found, kind };
  }
  if (bytes.length <= maxTextBytes && plainText(bytes) !== null) {
    return { kind: 'text', type: 'application/octet-stream', ending: 'txt' };
  }
  return { kind: 'other', type: 'application/octet-stream', ending: 'bin' };
}

/** UTF-8 text without control characters other than tabs and line ends; null for anything else. */
export function plainText(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text) ? null : text;
  } catch {
    return null;
  }
}
