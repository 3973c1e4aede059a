import { EFF_LONG_WORDS, parseReceiptWords } from '@jardam/protocol/words';
import { useState } from 'preact/hooks';
import type { Translate } from '../../common/i18n.js';
import { useBack, usePage } from '../context.js';
import { resume } from '../current-alert.js';
import { nearWords } from '../near-words.js';
import { returnWithWords } from '../receipt-words.js';
import type { RefusedDirectory } from '../directory.js';
import { Notice, Screen, TextField } from '../ui.js';
import { ListRefused } from './list-notice.js';

/** Coming back: seven words lead to the alert from any browser. */
export function WordsScreen() {
  const { t, go } = usePage();
  useBack(() => go('home'));
  const [text, setText] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [refused, setRefused] = useState<RefusedDirectory | null>(null);
  const [busy, setBusy] = useState(false);

  const open = async (): Promise<void> => {
    const words = parseReceiptWords(text);
    if ('refused' in words) return setError(refusalText(words, t));
    setBusy(true);
    const outcome = await returnWithWords(words.indices, t.lang);
    setBusy(false);
    if ('session' in outcome) {
      setText('');
      resume(outcome.session);
      go('alert');
    } else if ('problem' in outcome) setError(t('more.words.line'));
    else if (outcome.refused === 'list') setRefused(outcome.code);
    else setError(t('more.words.wrong'));
  };

  return (
    <Screen title={t('more.words.enter-title')}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) void open();
        }}
      >
        <TextField
          label={t('more.words.enter-title')}
          labelHidden
          hint={t('more.words.enter-hint')}
          rows={3}
          plainWords
          value={text}
          onInput={(value) => {
            setText(value);
            setError(null);
          }}
          error={error ?? undefined}
        />
        {refused === null ? null : <ListRefused code={refused} />}
        {busy ? <Notice tone="calm" live>{t('more.words.checking')}</Notice> : null}
        <button type="submit" class="button button-main" aria-disabled={busy}>
          {t('more.words.enter-go')}
        </button>
      </form>
    </Screen>
  );
}

function refusalText(refusal: Exclude<ReturnType<typeof parseReceiptWords>, { indices: number[] }>, t: Translate): string {
  if (refusal.refused === 'wrong-count') return t('more.words.count', { n: refusal.count });
  const { word, position } = refusal;
  const near = nearWords(word, EFF_LONG_WORDS);
  const named = t('more.words.unknown', { n: position, word });
  return near.length === 0 ? named : `${named} ${t('more.words.unknown-near', { words: near.join(', ') })}`;
}
