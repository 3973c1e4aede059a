import { useState } from 'preact/hooks';
import { sendAddition } from '../additions.js';
import type { Choices } from '../compose.js';
import { useBack, usePage } from '../context.js';
import { directory } from '../directory.js';
import type { ReadyFile } from '../files.js';
import type { AlertSession } from '../session.js';
import { encryptFiles, uploadFiles } from '../upload.js';
import { Screen, TextField } from '../ui.js';
import { FilePicker } from './file-picker.js';
import { Readers, useReaders } from './readers.js';

/** A message or files, added to an alert that was received. */
export function AddScreen(props: { session: AlertSession; onDone: () => void }) {
  const { t } = usePage();
  const { session, onDone } = props;
  useBack(onDone);
  const [text, setText] = useState('');
  const [files, setFiles] = useState<readonly ReadyFile[]>([]);
  const [empty, setEmpty] = useState(false);
  const { choices, change } = useReaders(session);
  const submit = (): void => {
    if (text.trim() === '' && files.length === 0) return setEmpty(true);
    if (choices === null) return;
    void deliver(session, text.trim(), files, choices);
    onDone();
  };
  return (
    <Screen title={t('more.add.title')}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <TextField
          label={t('more.add.text')}
          rows={6}
          value={text}
          onInput={(value) => {
            setText(value);
            setEmpty(false);
          }}
          error={empty ? t('more.add.empty') : undefined}
        />
        <FilePicker files={files} onFiles={setFiles} />
        <Readers session={session} choices={choices} onChange={change} />
        <button type="submit" class="button button-main">
          {t('more.review.send')}
        </button>
      </form>
    </Screen>
  );
}

async function deliver(session: AlertSession, text: string, files: readonly ReadyFile[], choices: Choices): Promise<void> {
  const contentKey = crypto.getRandomValues(new Uint8Array(32));
  const encrypted = await encryptFiles(files, contentKey);
  const sent = await sendAddition(
    session,
    {
      kind: 'followup',
      text,
      ...(encrypted.length > 0 ? { files: { contentKey, entries: encrypted.map(({ entry }) => entry) } } : {}),
    },
    choices,
  );
  const state = directory.get();
  if (sent.at === 'received' && state.at === 'ready') await uploadFiles(session, encrypted, state.directory.limits);
}
