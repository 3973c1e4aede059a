// Severity by shape and word; colour adds nothing that these do not say.
import type { Severity } from '@jardam/protocol';
import { useText } from './text.js';

/** Octagon, triangle, ring, bar: told apart at 12 px, in black and white, and when blurred. */
function Shape({ severity }: { severity: Severity }) {
  return (
    <svg class="severity-shape" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {severity === 'S1' ? <polygon points="5,0 11,0 16,5 16,11 11,16 5,16 0,11 0,5" /> : null}
      {severity === 'S2' ? <polygon points="8,1 16,15 0,15" /> : null}
      {severity === 'S3' ? <circle cx="8" cy="8" r="6" class="severity-ring" /> : null}
      {severity === 'S4' ? <rect x="1" y="6" width="14" height="4" /> : null}
    </svg>
  );
}

/** "⯃ S1" with the words behind it; `words` false leaves them to screen readers (rows of the queue). */
export function SeverityMark({ severity, words = true }: { severity: Severity; words?: boolean }) {
  const t = useText();
  return (
    <span class={`severity severity-${severity}`}>
      <Shape severity={severity} />
      <span class="severity-code">{severity}</span>
      <span class={words ? 'severity-words' : 'hidden-text'}>{t(`shared.severity.${severity}`)}</span>
    </span>
  );
}
