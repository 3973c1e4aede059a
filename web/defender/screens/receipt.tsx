import { wordsFromIndices } from '@jardam/protocol/words';
import { useMemo, useState } from 'preact/hooks';
import { useBack, usePage } from '../context.js';
import { useLive } from '../live.js';
import type { AlertSession } from '../session.js';
import { Button, Notice, Screen, TextField } from '../ui.js';

/** The seven words, shown once, and the check that they are on paper. Getting the check right removes them here.
 *  @param props.valid from when on they count; by default: now */
export function ReceiptScreen(props: { session: Pick<AlertSession, 'words'>; valid?: string; onDone: () => void }) {
  const { session, onDone } = props;
  const { t } = usePage();
  const state = useLive(session.words);
  const [checking, setChecking] = useState(false);
  useBack(() => (checking ? setChecking(false) : onDone()));
  if (state.at === 'written') {
    return (
      <Screen title={t('more.words.title')}>
        <Notice tone="good">{t('more.words.kept')}</Notice>
        <Button tone="main" onPress={onDone}>
          {t('defender.next')}
        </Button>
      </Screen>
    );
  }
  if (state.at !== 'valid') return null;
  const words = wordsFromIndices(state.indices);
  if (checking) {
    return <Check words={words} onRight={() => session.words.set({ at: 'written' })} onLook={() => setChecking(false)} />;
  }
  return (
    <Screen title={t('more.words.title')} class="receipt">
      <Notice tone="good">{props.valid ?? t('more.words.valid')}</Notice>
      <p>{t('more.words.write')}</p>
      <ol class="word-list" lang="en">
        {words.map((word, i) => (
          <li key={i}>{word}</li>
        ))}
      </ol>
      <div class="actions no-print">
        <Button tone="main" onPress={() => setChecking(true)}>
          {t('more.words.written')}
        </Button>
        <Button onPress={() => print()}>{t('more.words.print')}</Button>
      </div>
    </Screen>
  );
}

function Check(props: { words: readonly string[]; onRight: () => void; onLook: () => void }) {
  const { t } = usePage();
  // Any of the seven, so that writing down the first one alone does not pass.
  const asked = useMemo(() => crypto.getRandomValues(new Uint8Array(1))[0] ?? 0, []) % props.words.length;
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState(false);
  const n = asked + 1;
  const check = (): void => {
    if (text.trim().toLowerCase() === props.words[asked]) props.onRight();
    else setWrong(true);
  };
  return (
    <Screen title={t('more.words.check', { n })}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          check();
        }}
      >
        <TextField
          label={t('more.words.check', { n })}
          labelHidden
          plainWords
          value={text}
          onInput={(value) => {
            setText(value);
            setWrong(false);
          }}
          error={wrong ? t('more.words.check-wrong', { n }) : undefined}
        />
        <button type="submit" class="button button-main">
          {t('more.words.check-button')}
        </button>
        <Button onPress={props.onLook}>{t('more.words.look-again')}</Button>
      </form>
    </Screen>
  );
}
