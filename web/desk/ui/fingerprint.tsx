// Words that two people compare aloud. English on purpose: both read the same list, whatever language they speak.
import { useText } from './text.js';

export function Fingerprint({ words, label }: { words: readonly string[]; label?: string }) {
  const t = useText();
  return (
    <ol class="words" lang="en" aria-label={label ?? t('desk.fingerprint.label')}>
      {words.map((word, i) => (
        <li key={i}>{word}</li>
      ))}
    </ol>
  );
}
