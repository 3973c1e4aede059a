// Files that a person wants to send: looked at, cleaned of hidden data where that can be done, or asked about.
import { cleanFile } from '@jardam/protocol/metadata';

export interface ReadyFile {
  readonly id: number;
  /** As the person knows it; what is sent along is neutral (see sentName). */
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
  /** Letters behind the dot of a file that was cleaned; null when it goes as it is. */
  readonly ending: string | null;
}

export type Refusal = 'too-large' | 'too-many' | 'heic' | 'damaged';

export type Prepared =
  | { readonly ready: ReadyFile }
  /** Hidden data in it cannot be removed; the person decides. */
  | { readonly ask: ReadyFile }
  | { readonly refused: Refusal; readonly name: string; readonly sizeBytes: number };

let nextId = 0;

/** Reads and cleans one file. `limitBytes` and `room` (how many more may be added) come from the service. */
export async function prepareFile(file: File, limits: { readonly limitBytes: number; readonly room: number }): Promise<Prepared> {
  const refuse = (refused: Refusal): Prepared => ({ refused, name: file.name, sizeBytes: file.size });
  if (limits.room <= 0) return refuse('too-many');
  // Before reading it: a long video would fill the memory of a small phone.
  if (file.size > limits.limitBytes) return refuse('too-large');
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch {
    return refuse('damaged');
  }
  return clean(bytes, file);
}

function clean(bytes: Uint8Array, file: { readonly name: string; readonly type: string; readonly size: number }): Prepared {
  const id = nextId++;
  const cleaned = cleanFile(bytes);
  if ('bytes' in cleaned) return { ready: { id, name: file.name, type: cleaned.type, bytes: cleaned.bytes, ending: cleaned.ending } };
  if (cleaned.refused !== 'unknown') return { refused: cleaned.refused, name: file.name, sizeBytes: file.size };
  return { ask: { id, name: file.name, type: file.type || 'application/octet-stream', bytes, ending: null } };
}

/** The name that travels inside the seal. Names of files tell times and phones (IMG_20261123_1402), so a cleaned file
 *  gets a number; another one keeps its ending, which responders need to open it. */
export function sentName(file: ReadyFile, number: number): string {
  if (file.ending !== null) return `${number}.${file.ending}`;
  const ending = /\.([A-Za-z0-9]{1,8})$/.exec(file.name)?.[1];
  return ending === undefined ? String(number) : `${number}.${ending.toLowerCase()}`;
}

/** Megabytes as people read them, one decimal below ten. */
export function megabytes(bytes: number): string {
  const mb = bytes / 1_048_576;
  return mb < 10 ? String(Math.ceil(mb * 10) / 10) : String(Math.ceil(mb));
}
