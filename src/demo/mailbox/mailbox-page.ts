import { html, linked, type Html } from './html.js';
import type { ReadMail, StoredMail } from './mail-folder.js';

/** Somebody of the demo coalition who gets mails, in the order of the ladder. */
export interface MailboxOwner {
  readonly address: string;
  readonly name: string;
}

const refreshSeconds = 4;

/** Every person with what they have been sent, newest first. */
export function overviewPage(owners: readonly MailboxOwner[], mails: readonly StoredMail[]): string {
  const known = new Set(owners.map(({ address }) => address));
  const others = [...new Set(mails.map(({ recipient }) => recipient).filter((recipient) => !known.has(recipient)))];
  const all = [...owners, ...others.map((address) => ({ address, name: address }))];
  return page('Demo mailbox', { refresh: true }, html`
    <header>
      <h1>Demo mailbox</h1>
      <p>Every mail that the demo sends ends here. None leaves this machine. The page renews itself.</p>
    </header>
    <main>${all.map((owner) => ownerSection(owner, mails.filter(({ recipient }) => recipient === owner.address)))}</main>`);
}

function ownerSection(owner: MailboxOwner, mails: readonly StoredMail[]): Html {
  const list =
    mails.length === 0
      ? html`<p class="none">No mail yet</p>`
      : html`<ol>${mails.map(
          (mail) => html`
          <li>
            <a href="${mailPath(mail)}">${mail.subject || '(no subject)'}</a>
            <time datetime="${mail.receivedAt.toISOString()}">${clock(mail.receivedAt)}</time>
          </li>`,
        )}</ol>`;
  return html`
      <section>
        <h2>${owner.name}</h2>
        ${owner.name === owner.address ? '' : html`<p class="address">${owner.address}</p>`}
        ${list}
      </section>`;
}

/** One mail as plain text, with its links to press. */
export function mailPage(mail: ReadMail, ownerName: string): string {
  const body = mail.encrypted
    ? html`<p>This mail is encrypted with OpenPGP: only ${ownerName} can read it, with their own key.</p>`
    : html`<pre>${linked(mail.text)}</pre>`;
  return page('Mail', { refresh: false }, html`
    <header><p><a href="/">All mails</a></p></header>
    <main>
      <article>
        <h1>${mail.subject || '(no subject)'}</h1>
        <dl>
          <dt>To</dt><dd>${ownerName}${ownerName === mail.recipient ? '' : html` <span class="address">${mail.recipient}</span>`}</dd>
          <dt>From</dt><dd>${mail.from}</dd>
          <dt>Arrived</dt><dd>${clock(mail.receivedAt)}</dd>
        </dl>
        ${body}
      </article>
    </main>`);
}

/** For addresses that name nothing. */
export function notFoundPage(): string {
  return page('No such mail', { refresh: false }, html`
    <main><h1>There is no such mail</h1><p><a href="/">All mails</a></p></main>`);
}

function page(title: string, { refresh }: { refresh: boolean }, content: Html): string {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    ${refresh ? html`<meta http-equiv="refresh" content="${refreshSeconds}">` : ''}
    <title>${title}</title>
    <link rel="stylesheet" href="/mailbox.css">
  </head>
  <body>${content}
  </body>
</html>
`.text;
}

function mailPath({ recipient, id }: StoredMail): string {
  return `/mail/${encodeURIComponent(recipient)}/${id}`;
}

/** The clock of this machine, because the person in front of it compares with their own watch. */
function clock(at: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = at.toDateString() === new Date().toDateString() ? '' : `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} `;
  return `${day}${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
