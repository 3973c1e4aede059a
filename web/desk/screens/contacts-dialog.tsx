// How the signed-in person is reached: seen, tried, put in order, added and removed by themselves.
import { useRef, useState } from 'preact/hooks';
import { movedOrder } from '../logic/own-contacts.js';
import type { ContactsApi } from '../service/contacts-api.js';
import { DeedButton } from '../ui/deed-button.js';
import { Dialog } from '../ui/dialog.js';
import { useKeptFocus } from '../ui/kept-focus.js';
import { Notice, ProblemNotice } from '../ui/problem.js';
import { useServed } from '../ui/served.js';
import { useText } from '../ui/text.js';
import { ContactItem } from './contact-item.js';
import { ThisDevice } from './this-device.js';

export function ContactsDialog({ api, onClose }: { api: ContactsApi; onClose: () => void }) {
  const t = useText();
  const { value: own, busy, problem, run } = useServed(api);
  const [codeSentTo, setCodeSentTo] = useState<string | null>(null);
  const list = useRef<HTMLDivElement>(null);
  useKeptFocus(list, () => list.current?.querySelector('button, input') ?? null);

  const sendCode = (contactId: string): Promise<unknown> =>
    run(async () => {
      const sent = await api.sendCode(contactId);
      if (sent.ok) setCodeSentTo(contactId);
      return sent;
    });
  const add = (address: string): Promise<unknown> =>
    run(async () => {
      const added = await api.add({ channel: 'email', address, lang: t.lang });
      if (!added.ok) return added;
      const sent = await api.sendCode(added.body.contactId);
      if (sent.ok) setCodeSentTo(added.body.contactId);
      return sent.ok ? added : sent;
    });

  const ids = own?.contacts.map(({ contactId }) => contactId) ?? [];
  const move = (contactId: string, step: -1 | 1): void => {
    const order = movedOrder(ids, contactId, step);
    if (order !== null) void run(() => api.order(order));
  };
  return (
    <Dialog wide title={t('desk.contacts.title')} onClose={onClose}>
      <p>{t('desk.contacts.why')}</p>
      <ProblemNotice problem={problem} />
      <div ref={list} class="contacts" aria-busy={busy}>
        {own === null ? <p class="secondary">{t('desk.queue.loading')}</p> : null}
        <ol class="contact-list">
          {own?.contacts.map((contact, at) => (
            <ContactItem
              key={contact.contactId}
              contact={contact}
              offered={own.offered}
              first={at === 0}
              last={at === ids.length - 1}
              busy={busy}
              codeSent={codeSentTo === contact.contactId}
              onTest={() => void run(() => api.test(contact.contactId))}
              onSendCode={() => void sendCode(contact.contactId)}
              onProve={(code) => void run(() => api.prove(contact.contactId, code))}
              onMove={(step) => move(contact.contactId, step)}
              onRemove={() => void run(() => api.remove(contact.contactId))}
            />
          ))}
        </ol>
        {own !== null && own.offered.webPushKey !== null ? (
          <ThisDevice api={api} own={own} webPushKey={own.offered.webPushKey} busy={busy} run={run} />
        ) : null}
        {own?.offered.channels.some(({ channel }) => channel === 'email') === true ? <AddMail busy={busy} onAdd={add} /> : null}
      </div>
    </Dialog>
  );
}

/** Its owner proves an address with the code that is sent there at once. */
function AddMail({ busy, onAdd }: { busy: boolean; onAdd: (address: string) => Promise<unknown> }) {
  const t = useText();
  const [address, setAddress] = useState('');
  const [wrong, setWrong] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const submit = async (): Promise<void> => {
    const usable = address.trim() !== '' && field.current?.validity.valid === true;
    setWrong(!usable);
    if (!usable) field.current?.focus();
    else if ((await onAdd(address.trim())) !== null) setAddress('');
  };
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) void submit();
      }}
    >
      <h3>{t('desk.contacts.add-title')}</h3>
      <label class="field">
        <span class="field-name">{t('desk.contacts.address')}</span>
        <input
          ref={field}
          type="email"
          autocomplete="email"
          value={address}
          aria-invalid={wrong}
          onInput={(event) => setAddress(event.currentTarget.value)}
        />
      </label>
      {wrong ? <Notice text={t('desk.contacts.bad-address')} /> : null}
      <DeedButton class="button-line" type="submit" busy={busy}>
        {t('desk.contacts.add')}
      </DeedButton>
    </form>
  );
}
