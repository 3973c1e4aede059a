import { usePage } from '../context.js';
import { useLive } from '../live.js';
import type { AlertSession } from '../session.js';
import { Button, Notice } from '../ui.js';
import { useTime } from './list-notice.js';

/** What responders have answered. Each leaves the server when its reader says so, never by being fetched alone: a line
 *  that breaks between fetching and reading would otherwise lose it. */
export function Replies({ session }: { session: AlertSession }) {
  const { t } = usePage();
  const time = useTime();
  const replies = useLive(session.replies);
  if (replies.length === 0) return null;
  return (
    <section class="replies" aria-live="polite">
      <h2>{t('defender.reply.title')}</h2>
      {replies.map((reply) =>
        reply.state === 'refused' ? (
          <Notice key={reply.id} tone="warn">
            {t('defender.reply.refused')}
          </Notice>
        ) : (
          <article key={reply.id} class="reply">
            <p class="reply-text">{reply.text}</p>
            <p class="quiet">
              {t('defender.reply.from', { org: reply.org, time: time(reply.time) })}. {t('defender.reply.checked')}.
            </p>
            {reply.state === 'deleted' ? (
              <p class="quiet">{t('defender.reply.deleted')}</p>
            ) : (
              <>
                <Button onPress={() => void import('../mailbox.js').then(({ deleteReply }) => deleteReply(session, reply.id))} disabled={reply.state === 'deleting'}>
                  {t('defender.reply.done')}
                </Button>
                <p class="quiet">{t('defender.reply.kept')}</p>
              </>
            )}
          </article>
        ),
      )}
    </section>
  );
}
