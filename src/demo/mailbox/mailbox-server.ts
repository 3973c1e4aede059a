import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LOOPBACK } from '../ports.js';
import type { MailFolder } from './mail-folder.js';
import { mailPage, notFoundPage, overviewPage, type MailboxOwner } from './mailbox-page.js';
import { mailboxStyle } from './mailbox-style.js';

const mailsShown = 200;

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
};

export interface MailboxServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** The page on which all mails of the demo can be read. A server of its own: the product never shows mails. */
export async function startMailboxServer(port: number, folder: MailFolder, owners: readonly MailboxOwner[]): Promise<MailboxServer> {
  const style = mailboxStyle();
  const server = createServer((request, response) => {
    answer(request, folder, owners, style).then(
      ({ status, type, body }) => send(response, status, type, body),
      () => send(response, 500, 'text/plain', 'The mails cannot be read now.\n'),
    );
  });
  server.listen(port, LOOPBACK);
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return {
    url: `http://${LOOPBACK}:${address.port}`,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections(); // a browser keeps its connection open for minutes
      await closed;
    },
  };
}

interface Answer {
  readonly status: number;
  readonly type: 'text/html' | 'text/css' | 'text/plain';
  readonly body: string;
}

async function answer(request: IncomingMessage, folder: MailFolder, owners: readonly MailboxOwner[], style: string): Promise<Answer> {
  // A web site that lets its own name point to 127.0.0.1 would otherwise read the mails through the visitor's browser.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '')) {
    return { status: 421, type: 'text/plain', body: 'This page answers under 127.0.0.1 only.\n' };
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405, type: 'text/plain', body: 'This page can only be read.\n' };
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  if (path === '/') return page(200, overviewPage(owners, await folder.newest(mailsShown)));
  if (path === '/mailbox.css') return { status: 200, type: 'text/css', body: style };
  const [, recipientPart, id] = /^\/mail\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  const recipient = recipientPart === undefined ? null : decoded(recipientPart);
  const mail = recipient === null || id === undefined ? null : await folder.read(recipient, id);
  if (!mail) return page(404, notFoundPage());
  return page(200, mailPage(mail, owners.find(({ address }) => address === mail.recipient)?.name ?? mail.recipient));
}

function page(status: number, body: string): Answer {
  return { status, type: 'text/html', body };
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { ...SECURITY_HEADERS, 'Content-Type': `${type}; charset=utf-8` });
  response.end(body);
}
