import { cleanFile } from '@jardam/protocol/metadata';

/** A file as the responders get it. */
export interface CleanFile {
  readonly bytes: Uint8Array;
  readonly type: string;
  /** Letters after the dot, which a responder's program needs; the name before it tells times and phones and goes. */
  readonly ending: string;
}

/**
 * Takes hidden data out of pictures, films and sound, as the page does. What cannot be cleaned goes as it is: only the
 * responders get it, and in an emergency a refused file is the greater harm.
 */
export function cleanOrAsItIs(bytes: Uint8Array, sent: { readonly name: string; readonly type: string }): CleanFile {
  const clean = cleanFile(bytes);
  return 'bytes' in clean ? clean : { bytes, type: safeType(sent.type), ending: endingOf(sent) };
}

const endings: Readonly<Record<string, string>> = {
  'audio/ogg': 'ogg',
  'audio/mpeg': 'mp3',
  'video/mp4': 'mp4',
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'application/pdf': 'pdf',
};

function endingOf({ name, type }: { readonly name: string; readonly type: string }): string {
  const given = /\.([A-Za-z0-9]{1,8})$/.exec(name)?.[1]?.toLowerCase();
  return given ?? endings[type] ?? 'bin';
}

function safeType(type: string): string {
  return /^[\w.+-]{1,60}\/[\w.+-]{1,60}$/.test(type) ? type : 'application/octet-stream';
}
