import { useState } from 'preact/hooks';
import { dayAndTime } from '../../common/dates.js';
import { channelKey, contactState, isProvedByCode, testKey } from '../logic/own-contacts.js';
import type { OwnContact, OwnContacts } from '../service/contacts-api.js';
import { DeedButton } from '../ui/deed-button.js';
import { ConfirmDialog } from '../ui/dialog.js';
import { serverNowMs } from '../ui/now.js';
import { useText } from '../ui/text.js';

/** One way to be reached: whether it works, when it was last tried, and what can be done with it. */
export function ContactItem(props: {
  contact: OwnContact;
  offered: OwnContacts['offered'];
  first: boolean;
  last: boolean;
  busy: boolean;
  codeSent: boolean;
  onTest: () => void;
  onSendCode: () => void;
  onProve: (code: string) => void;
  onMove: (step: -1 | 1) => void;
  onRemove: () => void;
}) {
  const t = useText();
  const { contact, busy } = props;
  const [removing, setRemoving] = useState(false);
  const state = contactState(contact);
  const key = channelKey(contact.channel);
  const name = [key === null ? contact.channel : t(key), contact.hint ?? ''].filter((part) => part !== '').join(' · ');
  const time = (iso: string): string => dayAndTime(Date.parse(iso), serverNowMs(), t.lang);
  const byCode = state !== 'works' && isProvedByCode(contact, props.offered);
  return (
    <li class={`contact contact-${state}`} aria-label={name}>
      <p class="contact-name">{name}</p>
      <p class="contact-state">
        {state === 'works' && contact.verifiedAt !== null ? t('desk.contacts.works', { time: time(contact.verifiedAt) }) : null}
        {state === 'unproved' ? t('desk.contacts.unproved') : null}
        {state === 'off' ? t('desk.contacts.off', { code: contact.disabled ?? '' }) : null}
      </p>
      <p class="secondary" role="status">
        {contact.lastTest === null
          ? t('desk.contacts.never-tested')
          : t(testKey(contact.lastTest.outcome), { time: time(contact.lastTest.at), code: contact.lastTest.code })}
      </p>
      {byCode ? <ProofForm busy={busy} sent={props.codeSent} onSendCode={props.onSendCode} onProve={props.onProve} /> : null}
      <div class="deeds">
        {state === 'works' ? (
          <DeedButton class="button-line" busy={busy} onPress={props.onTest}>
            {t('desk.contacts.test')}
          </DeedButton>
        ) : null}
        <DeedButton class="button-quiet" busy={busy || props.first} onPress={() => props.onMove(-1)}>
          {t('desk.contacts.earlier')}
        </DeedButton>
        <DeedButton class="button-quiet" busy={busy || props.last} onPress={() => props.onMove(1)}>
          {t('desk.contacts.later')}
        </DeedButton>
        <DeedButton class="button-quiet" busy={busy} onPress={() => setRemoving(true)}>
          {t('desk.contacts.remove')}
        </DeedButton>
      </div>
      {removing ? (
        <ConfirmDialog title={t('desk.contacts.remove-title')} confirm={t('desk.contacts.remove')} onConfirm={props.onRemove} onClose={() => setRemoving(false)}>
          <p>{name}</p>
          <p>{t('desk.contacts.remove-why')}</p>
        </ConfirmDialog>
      ) : null}
    </li>
  );
}

function ProofForm(props: { busy: boolean; sent: boolean; onSendCode: () => void; onProve: (code: string) => void }) {
  const t = useText();
  const [code, setCode] = useState('');
  return (
    <form
      class="contact-proof"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!props.busy && code.trim() !== '') props.onProve(code.trim());
      }}
    >
      {props.sent ? <p role="status">{t('desk.contacts.code-sent')}</p> : null}
      <label class="field">
        <span class="field-name">{t('desk.contacts.code')}</span>
        <input inputMode="numeric" autocomplete="one-time-code" maxLength={32} value={code} onInput={(event) => setCode(event.currentTarget.value)} />
      </label>
      <div class="deeds">
        <DeedButton class="button" type="submit" busy={props.busy}>
          {t('desk.contacts.prove')}
        </DeedButton>
        <DeedButton class="button-quiet" busy={props.busy} onPress={props.onSendCode}>
          {t('desk.contacts.send-code')}
        </DeedButton>
      </div>
    </form>
  );
}
