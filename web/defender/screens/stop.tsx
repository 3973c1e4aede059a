import { maxPhraseLength } from '@jardam/protocol';
import { useState } from 'preact/hooks';
import { sendAddition } from '../additions.js';
import { useBack, usePage } from '../context.js';
import type { AlertSession } from '../session.js';
import { Choices, Screen, TextField } from '../ui.js';
import { Readers, useReaders } from './readers.js';

/** Longest note in UTF-16 units: the sealed message is always 4096 bytes, whatever it says. */
const maxNoteLength = 1_000;

/** Asks the responders to stop. A person decides; the page says the same whatever is written. */
export function StopScreen(props: { session: AlertSession; onDone: () => void }) {
  const { t } = usePage();
  const { session, onDone } = props;
  useBack(onDone);
  const [reason, setReason] = useState<'safe' | 'mistake'>('safe');
  const [text, setText] = useState('');
  const [phrase, setPhrase] = useState('');
  const { choices, change } = useReaders(session);
  return (
    <Screen title={t('more.stop.title')}>
      <p>{t('more.stop.note')}</p>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (choices === null) return;
          void sendAddition(session, { kind: 'stand-down', reason, text: text.trim().slice(0, maxNoteLength), phrase: phrase.slice(0, maxPhraseLength) }, choices);
          onDone();
        }}
      >
        <Choices
          legend={t('more.stop.title')}
          legendHidden
          value={reason}
          onChoose={setReason}
          options={[
            { value: 'safe', text: t('more.stop.safe') },
            { value: 'mistake', text: t('more.stop.mistake') },
          ]}
        />
        <TextField label={t('more.stop.text')} rows={3} value={text} onInput={setText} />
        <TextField label={t('more.stop.phrase')} value={phrase} onInput={setPhrase} />
        <Readers session={session} choices={choices} onChange={change} />
        <button type="submit" class="button button-main">
          {t('more.stop.send')}
        </button>
      </form>
    </Screen>
  );
}
