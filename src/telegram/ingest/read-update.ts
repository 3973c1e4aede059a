import { z } from 'zod';

/** Kinds of updates that the bot asks for; without the list Telegram would send others, too. */
export const ALLOWED_UPDATES = ['message', 'edited_message', 'callback_query', 'my_chat_member'] as const;

interface FromChat {
  readonly updateId: number;
  readonly userId: number;
  /** As Telegram knows it, like "ru" or "en-GB". */
  readonly languageCode: string | undefined;
}

interface FromMessage extends FromChat {
  readonly messageId: number;
  readonly edited: boolean;
}

export interface SentPlace {
  readonly lat: number;
  readonly lon: number;
  readonly accuracyM: number;
  /** Still moving: more will follow. */
  readonly live: boolean;
}

export interface SentFileReference {
  readonly fileId: string;
  readonly sizeBytes: number | undefined;
  readonly name: string | undefined;
  readonly type: string | undefined;
}

/** Something that people should read: at least one of text, place and file. */
export interface SentContent extends FromMessage {
  readonly kind: 'content';
  readonly text: string;
  readonly place: SentPlace | null;
  readonly file: SentFileReference | null;
}

/** One update, as the conversation understands it. */
export type Incoming =
  | SentContent
  | (FromMessage & { readonly kind: 'command'; readonly command: string; readonly argument: string })
  | (FromChat & { readonly kind: 'press'; readonly queryId: string; readonly data: string; readonly messageId: number })
  | (FromChat & { readonly kind: 'blocked' })
  | (FromChat & { readonly kind: 'unblocked' })
  /** A line that Telegram wrote into the chat ("pinned a message"). */
  | (FromMessage & { readonly kind: 'service' })
  /** A message whose kind we cannot hand on. */
  | (FromMessage & { readonly kind: 'unreadable' })
  /** Groups, channels, other bots: not ours. */
  | { readonly kind: 'foreign'; readonly updateId: number };

const user = z.object({ id: z.number().int().positive(), is_bot: z.boolean(), language_code: z.string().max(35).optional() });
const chat = z.object({ id: z.number().int(), type: z.string() });
const place = z.object({
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  horizontal_accuracy: z.number().min(0).optional(),
  live_period: z.number().optional(),
});
const file = z.object({
  file_id: z.string().min(1).max(512),
  file_size: z.number().int().nonnegative().optional(),
  file_name: z.string().max(1_024).optional(),
  mime_type: z.string().max(255).optional(),
});
const message = z.object({
  message_id: z.number().int(),
  from: user.optional(),
  chat,
  text: z.string().max(100_000).optional(),
  caption: z.string().max(100_000).optional(),
  location: place.optional(),
  venue: z.object({ title: z.string(), address: z.string() }).optional(),
  contact: z.object({ first_name: z.string(), last_name: z.string().optional(), phone_number: z.string() }).optional(),
  sticker: z.object({ emoji: z.string().optional() }).optional(),
  photo: z.array(file).min(1).optional(),
  voice: file.optional(),
  audio: file.optional(),
  video: file.optional(),
  video_note: file.optional(),
  animation: file.optional(),
  document: file.optional(),
  pinned_message: z.unknown().optional(),
});
const update = z.object({
  update_id: z.number().int().nonnegative(),
  message: message.optional(),
  edited_message: message.optional(),
  callback_query: z
    .object({
      id: z.string().min(1).max(64),
      from: user,
      data: z.string().max(64).optional(),
      message: z.object({ message_id: z.number().int(), chat }).optional(),
    })
    .optional(),
  my_chat_member: z.object({ chat, from: user, new_chat_member: z.object({ status: z.string() }) }).optional(),
});

/** Order in which Telegram's fields for a file are looked for: an animation comes with a document of the same bytes. */
const FILE_FIELDS = ['voice', 'audio', 'video', 'video_note', 'animation', 'document'] as const;
const fallbackTypes: Readonly<Record<string, string>> = { voice: 'audio/ogg', audio: 'audio/mpeg', video: 'video/mp4', video_note: 'video/mp4', animation: 'video/mp4' };

/** The number of an update, also of one that cannot be read otherwise. @throws Error when it has none */
export function updateIdOf(given: unknown): number {
  const id = (given as { update_id?: unknown } | null)?.update_id;
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) throw new Error('an update without a number');
  return id;
}

/** Reads an update. @throws ZodError when Telegram sends what its own documentation does not allow */
export function readUpdate(given: unknown): Incoming {
  const read = update.parse(given);
  const updateId = read.update_id;
  if (read.callback_query !== undefined) return readPress(updateId, read.callback_query);
  if (read.my_chat_member !== undefined) return readMembership(updateId, read.my_chat_member);
  const edited = read.message === undefined;
  const written = read.message ?? read.edited_message;
  if (written?.from === undefined || written.from.is_bot !== false || written.chat.type !== 'private') {
    // The bot's own pin is announced in its own name.
    if (written?.pinned_message !== undefined && written.chat.type === 'private') {
      return { kind: 'service', updateId, userId: written.chat.id, languageCode: undefined, messageId: written.message_id, edited };
    }
    return { kind: 'foreign', updateId };
  }
  return readMessage({ updateId, userId: written.from.id, languageCode: written.from.language_code, messageId: written.message_id, edited }, written);
}

function readMessage(from: FromMessage, written: z.output<typeof message>): Incoming {
  const command = /^\/([a-z_]{1,32})(?:@\w+)?(?:\s+([\s\S]*))?$/.exec(written.text ?? '');
  if (command !== null && !from.edited) return { ...from, kind: 'command', command: command[1] ?? '', argument: (command[2] ?? '').trim() };
  const sentFile = fileOf(written);
  const text = textOf(written);
  const { location } = written;
  if (text === '' && location === undefined && sentFile === null) return { ...from, kind: 'unreadable' };
  return {
    ...from,
    kind: 'content',
    text,
    place:
      location === undefined
        ? null
        : { lat: location.latitude, lon: location.longitude, accuracyM: location.horizontal_accuracy ?? 0, live: location.live_period !== undefined },
    file: sentFile,
  };
}

/** Everything readable of a message in one text; of a contact or a sticker what stands on it. */
function textOf({ text, caption, venue, contact, sticker }: z.output<typeof message>): string {
  const contactText = contact === undefined ? undefined : [contact.first_name, contact.last_name, contact.phone_number].filter(Boolean).join(' ');
  const venueText = venue === undefined ? undefined : `${venue.title}, ${venue.address}`;
  return [text, caption, venueText, contactText, sticker?.emoji].filter((part) => part !== undefined).join('\n').trim();
}

function fileOf(written: z.output<typeof message>): SentFileReference | null {
  const field = FILE_FIELDS.find((each) => written[each] !== undefined);
  // The last size of a photo is the largest.
  const found = written.photo?.at(-1) ?? (field === undefined ? undefined : written[field]);
  if (found === undefined) return null;
  const type = found.mime_type ?? (field === undefined ? 'image/jpeg' : fallbackTypes[field]);
  return { fileId: found.file_id, sizeBytes: found.file_size, name: found.file_name, type };
}

function readPress(updateId: number, query: NonNullable<z.output<typeof update>['callback_query']>): Incoming {
  const { id, from, data, message: about } = query;
  if (about === undefined || data === undefined || about.chat.type !== 'private') return { kind: 'foreign', updateId };
  return { kind: 'press', updateId, userId: from.id, languageCode: from.language_code, queryId: id, data, messageId: about.message_id };
}

function readMembership(updateId: number, change: NonNullable<z.output<typeof update>['my_chat_member']>): Incoming {
  if (change.chat.type !== 'private') return { kind: 'foreign', updateId };
  const from = { updateId, userId: change.from.id, languageCode: change.from.language_code };
  return change.new_chat_member.status === 'kicked' ? { ...from, kind: 'blocked' } : { ...from, kind: 'unblocked' };
}
