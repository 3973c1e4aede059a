import type { MessageKey } from '../../common/i18n.js';
import { usePage } from '../context.js';
import { useLive } from '../live.js';
import type { AlertSession, Upload } from '../session.js';

const texts: Readonly<Record<Upload['state'], MessageKey>> = {
  sending: 'defender.files.uploading',
  waiting: 'defender.files.waiting',
  done: 'defender.files.done',
  failed: 'defender.files.failed',
};

/** How far each file has come, in words and as a bar. */
export function Uploads({ session }: { session: AlertSession }) {
  const { t } = usePage();
  const uploads = useLive(session.uploads);
  if (uploads.length === 0) return null;
  return (
    <section aria-label={t('defender.status.files')}>
      <ul class="uploads">
        {uploads.map(({ objectId, name, state, sentBytes, totalBytes }) => {
          const percent = Math.floor((100 * sentBytes) / totalBytes);
          const text = t(texts[state], { name, percent });
          return (
            <li key={objectId}>
              <p class={state === 'failed' ? 'strong' : ''} role={state === 'failed' || state === 'done' ? 'status' : undefined}>
                {text}
              </p>
              {state === 'sending' || state === 'waiting' ? <progress max={totalBytes} value={sentBytes} aria-label={text} /> : null}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
