import { randomBytes } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer';
import { createMessage, encrypt, readKey } from 'openpgp';
import type { MessageText } from '../../message-texts.js';

export interface MailParts {
  readonly text: MessageText;
  /** Address of the desk, the only link. */
  readonly deskUrl: string;
  readonly from: { readonly name: string; readonly address: string };
  readonly to: string;
  /** Stable: the delivery's id. */
  readonly messageId: string;
  readonly lang: string;
}

/** The mail as bytes. Nothing in it is secret, and nothing in it says what it is about. */
export async function composePlain(parts: MailParts): Promise<Buffer> {
  return build({ ...headersOf(parts), ...bodyOf(parts) });
}

export type Encrypted = { readonly bytes: Buffer } | { readonly unusable: 'key-unreadable' | 'key-expired' | 'key-cannot-encrypt' };

/**
 * The same mail encrypted to the contact's key, as PGP/MIME (RFC 3156): then even the fact that there is something to
 * look at stays between us and them. Reports why a key cannot be used instead of throwing.
 */
export async function composeEncrypted(parts: MailParts, armoredKey: string): Promise<Encrypted> {
  const key = await readKey({ armoredKey }).catch(() => null);
  if (key === null) return { unusable: 'key-unreadable' };
  const expires = await key.getExpirationTime().catch(() => null);
  if (expires === null || (expires instanceof Date && expires.getTime() <= Date.now())) return { unusable: 'key-expired' };
  const inner = await build({ ...bodyOf(parts) });
  let armored: string;
  try {
    armored = String(await encrypt({ message: await createMessage({ binary: inner }), encryptionKeys: key }));
  } catch {
    return { unusable: 'key-cannot-encrypt' };
  }
  return { bytes: Buffer.concat([await outerHead(parts), Buffer.from(pgpMime(armored))]) };
}

/** nodemailer writes and encodes the headers; the two fixed parts of RFC 3156 are written below them. */
async function outerHead(parts: MailParts): Promise<Buffer> {
  const bare = (await build({ ...headersOf(parts), text: '' })).toString('latin1');
  const head = bare.slice(0, bare.indexOf('\r\n\r\n'));
  const kept = head.split(/\r\n(?![ \t])/).filter((line) => !/^content-(type|transfer-encoding):/i.test(line));
  return Buffer.from(`${kept.join('\r\n')}\r\n`, 'latin1');
}

function pgpMime(armored: string): string {
  const boundary = `pgp-${randomBytes(12).toString('hex')}`;
  return [
    `Content-Type: multipart/encrypted; protocol="application/pgp-encrypted";`,
    ` boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: application/pgp-encrypted',
    '',
    'Version: 1',
    '',
    `--${boundary}`,
    'Content-Type: application/octet-stream; name="encrypted.asc"',
    'Content-Disposition: inline; filename="encrypted.asc"',
    '',
    armored.replace(/\r?\n/g, '\r\n').trimEnd(),
    '',
    `--${boundary}--`,
    '',
  ].join('\r\n');
}

function headersOf({ from, to, messageId, lang, text }: MailParts) {
  return {
    from: { name: from.name, address: from.address },
    to: { name: '', address: to },
    subject: text.subject,
    messageId,
    headers: {
      'Auto-Submitted': 'auto-generated', // RFC 3834: no vacation replies, please
      'Content-Language': lang,
    },
    xMailer: false as const, // which library, and which version, is nobody's business
  };
}

/** Three lines that read the same as text and as HTML. */
function bodyOf({ text, deskUrl, lang }: Pick<MailParts, 'text' | 'deskUrl' | 'lang'>) {
  const [line, footer, url] = [text.line, text.footer, deskUrl].map(escapeHtml);
  return {
    text: `${text.line}\n\n${deskUrl}\n\n${text.footer}\n`,
    html: `<!doctype html><html lang="${lang}"><body><p>${line}</p><p><a href="${url}">${url}</a></p><p>${footer}</p></body></html>`,
  };
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function build(mail: ConstructorParameters<typeof MailComposer>[0]): Promise<Buffer> {
  return new MailComposer({ ...mail, disableFileAccess: true, disableUrlAccess: true, newline: 'win' }).compile().build();
}
