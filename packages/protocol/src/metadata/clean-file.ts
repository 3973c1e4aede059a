import { fileKind, type FileKind } from './file-kind.js';
import { stripJpeg } from './strip-jpeg.js';
import { stripMp3 } from './strip-mp3.js';
import { stripMp4 } from './strip-mp4.js';
import { stripOgg } from './strip-ogg.js';
import { stripPng } from './strip-png.js';
import { stripWebm } from './strip-webm.js';
import { stripWebp } from './strip-webp.js';
import type { Stripped } from './stripped.js';

/** A file as it may leave, or why it cannot be cleaned. */
export type CleanedFile =
  | { readonly bytes: Uint8Array; readonly type: string; /** Letters behind the dot. */ readonly ending: string }
  /**
   * - damaged: a picture that cannot be read to its end.
   * - heic: its place data can only be removed by decoding it.
   * - unknown: nothing is known of what it hides; also a recording that is not understood.
   */
  | { readonly refused: 'damaged' | 'heic' | 'unknown' };

interface Cleaner {
  readonly strip: (bytes: Uint8Array) => Stripped;
  readonly type: string;
  readonly ending: string;
  readonly picture: boolean;
}

const cleaners: Readonly<Record<Exclude<FileKind, 'heic' | 'other'>, Cleaner>> = {
  jpeg: { strip: stripJpeg, type: 'image/jpeg', ending: 'jpg', picture: true },
  png: { strip: stripPng, type: 'image/png', ending: 'png', picture: true },
  webp: { strip: stripWebp, type: 'image/webp', ending: 'webp', picture: true },
  mp4: { strip: stripMp4, type: 'video/mp4', ending: 'mp4', picture: false },
  webm: { strip: stripWebm, type: 'video/webm', ending: 'webm', picture: false },
  ogg: { strip: stripOgg, type: 'audio/ogg', ending: 'ogg', picture: false },
  mp3: { strip: stripMp3, type: 'audio/mpeg', ending: 'mp3', picture: false },
};

/** Takes hidden data out of a file, by what it is and not by what it is called. Nothing is decoded, no quality lost. */
export function cleanFile(bytes: Uint8Array): CleanedFile {
  const kind = fileKind(bytes);
  if (kind === 'heic') return { refused: 'heic' };
  if (kind === 'other') return { refused: 'unknown' };
  const { strip, type, ending, picture } = cleaners[kind];
  const stripped = strip(bytes);
  if ('refused' in stripped) return { refused: picture ? 'damaged' : 'unknown' };
  return { bytes: stripped.bytes, type, ending };
}
