// What was said since the report: by the defender, to the defender, and among the team.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { dayAndTime } from '../../common/dates.js';
import type { AlertMessage, OpenedAlert, RosterView } from '../crypto/messages.js';
import { maxMessageBytes, messageBytes } from '../logic/message-size.js';
import { DeedButton } from '../ui/deed-button.js';
import { personName } from '../ui/names.js';
import { serverNowMs } from '../ui/now.js';
import { useText } from '../ui/text.js';
import type { Acts } from './use-acts.js';

export function Conversation(props: {
  alert: OpenedAlert;
  roster: RosterView;
  acts: Acts;
  closed: boolean;
  replyRef: { current: (() => void) | null };
}) {
  const t = useText();
  const { alert, roster } = props;
  return (
    <section aria-labelledby="talk-title">
      <h3 id="talk-title">{t('desk.message.title')}</h3>
      {alert.messages.length === 0 ? (
        <p class="secondary">{t('desk.message.none')}</p>
      ) : (
        <ol class="talk">
          {alert.messages.map((message) => (
            <Message key={message.envelopeHash} message={message} roster={roster} />
          ))}
        </ol>
      )}
      <Composer {...props} />
    </section>
  );
}

function Message({ message, roster }: { message: AlertMessage; roster: RosterView }) {
  const t = useText();
  const time = dayAndTime(Date.parse(message.receivedAt), serverNowMs(), t.lang);
  const head = (who: string) => (
    <p class="talk-head">
      <strong>{who}</strong> <span class="secondary figures">{time}</span>
    </p>
  );
  switch (message.kind) {
    case 'followup':
      return (
        <li class="talk-defender">
          {head(t('desk.message.from-defender'))}
          {message.text === '' ? <p class="secondary">{t('desk.message.answers-only')}</p> : <p class="said">{message.text}</p>}
        </li>
      );
    case 'stand-down':
      return (
        <li class="talk-defender">
          {head(t('desk.message.from-defender'))}
          <p>{t(`desk.stand-down.reason-${message.reason}`)}</p>
          {message.text === undefined || message.text === '' ? null : <p class="said">{message.text}</p>}
        </li>
      );
    case 'reply':
    case 'note':
      return (
        <li class={message.kind === 'reply' ? 'talk-reply' : 'talk-note'}>
          {head(
            t(message.kind === 'reply' ? 'desk.message.reply-by' : 'desk.message.note-by', {
              person: personName(roster, message.rid, t),
            }),
          )}
          <p class="said">{message.text}</p>
        </li>
      );
    case 'refused':
      return (
        <li class="talk-refused">
          {head(t('desk.message.refused'))}
          <p>{message.reason === 'not-a-recipient' ? t('desk.message.earlier') : t(`desk.open-refused.${message.reason}`)}</p>
        </li>
      );
  }
}

function Composer(props: { acts: Acts; closed: boolean; replyRef: { current: (() => void) | null } }) {
  const t = useText();
  const { acts, closed, replyRef } = props;
  const [kind, setKind] = useState<'reply' | 'note'>('reply');
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    replyRef.current = () => field.current?.focus();
    return () => {
      replyRef.current = null;
    };
  });
  const left = maxMessageBytes - messageBytes(text);
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (text.trim() === '' || left < 0) return;
    if (await acts.send(kind, text)) setText('');
  };
  if (closed) return null;
  return (
    <form class="composer" onSubmit={(event) => void send(event)}>
      <fieldset class="choices choices-row">
        <legend class="hidden-text">{t('desk.message.to')}</legend>
        {(['reply', 'note'] as const).map((each) => (
          <label key={each} class="check">
            <input type="radio" name="message-kind" checked={kind === each} onChange={() => setKind(each)} />
            <span>{t(`desk.message.to-${each}`)}</span>
          </label>
        ))}
      </fieldset>
      <label class="field">
        <span class="hidden-text">{t(`desk.message.to-${kind}`)}</span>
        <textarea
          ref={field}
          rows={3}
          value={text}
          aria-describedby="composer-note"
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <p class="secondary" id="composer-note">
        {t(`desk.message.note-${kind}`)}
      </p>
      <div class="deeds">
        <DeedButton type="submit" class="button" busy={acts.busy !== null || text.trim() === '' || left < 0}>
          {acts.busy === kind ? t('desk.message.sending') : t(`desk.message.send-${kind}`)}
        </DeedButton>
        {left < 600 ? (
          <span class={left < 0 ? 'careful figures' : 'secondary figures'} role="status">
            {left < 0 ? t('desk.message.too-long') : t('desk.message.left', { n: left })}
          </span>
        ) : null}
      </div>
    </form>
  );
}
