// The person's own contacts as the page sees them (docs/api-desk.md, "Own contacts").
import { requestDone, requestJson, type Result } from '../../common/api.js';
import type { Language } from '../../common/i18n.js';

export interface OwnContact {
  readonly contactId: string;
  readonly channel: string;
  /** So much of the address that its owner knows it again. */
  readonly hint: string | null;
  /** ISO 8601; null: nothing is sent there before it has proved itself. */
  readonly verifiedAt: string | null;
  /** A short code when nothing is sent there any more. */
  readonly disabled: string | null;
  readonly lastTest: { readonly at: string; readonly outcome: string; readonly code: string } | null;
}

export interface OwnContacts {
  /** In the order in which they are tried. */
  readonly contacts: readonly OwnContact[];
  readonly offered: {
    readonly channels: readonly { readonly channel: string; readonly proof: string }[];
    /** What a browser needs to subscribe, base64url; null when the service does not notify devices. */
    readonly webPushKey: string | null;
  };
}

export type NewContact = { readonly lang: Language } & (
  | { readonly channel: 'email'; readonly address: string }
  | { readonly channel: 'web-push'; readonly subscription: { readonly endpoint: string; readonly keys: { readonly p256dh: string; readonly auth: string } } }
);

export interface ContactsApi {
  read(): Promise<Result<OwnContacts>>;
  add(contact: NewContact): Promise<Result<{ readonly contactId: string }>>;
  /** First the one that is tried first. */
  order(contactIds: readonly string[]): Promise<Result<null>>;
  remove(contactId: string): Promise<Result<null>>;
  /** Sends a neutral message that is marked as a test; the answer is what came of it. */
  test(contactId: string): Promise<Result<NonNullable<OwnContact['lastTest']>>>;
  /** Sends a code there. */
  sendCode(contactId: string): Promise<Result<unknown>>;
  /** Gives the code back. */
  prove(contactId: string, code: string): Promise<Result<unknown>>;
}

/** @param watch looks at every answer, for the end of the session */
export function createContactsApi(token: string, watch: <T>(request: Promise<Result<T>>) => Promise<Result<T>>): ContactsApi {
  const path = (rest = ''): string => `/desk/contacts${rest}`;
  const one = (contactId: string, rest = ''): string => path(`/${encodeURIComponent(contactId)}${rest}`);
  return {
    read: () => watch(requestJson('GET', path(), { token })),
    add: (body) => watch(requestJson('POST', path(), { token, body })),
    order: (contactIds) => watch(requestDone('PUT', path('/order'), { token, body: { contactIds } })),
    remove: (contactId) => watch(requestDone('DELETE', one(contactId), { token })),
    test: (contactId) => watch(requestJson('POST', one(contactId, '/test'), { token })),
    sendCode: (contactId) => watch(requestJson('POST', one(contactId, '/proof'), { token })),
    prove: (contactId, code) => watch(requestJson('PUT', one(contactId, '/proof'), { token, body: { code } })),
  };
}
