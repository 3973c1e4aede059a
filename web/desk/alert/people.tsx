// Who has answered, and who can read.
import type { TierView } from '../../common/alert-view.js';
import { dayAndTime } from '../../common/dates.js';
import type { OpenedAlert, RosterView } from '../crypto/messages.js';
import type { AlertDetail } from '../service/desk-api.js';
import { organisationName, personName, tierName } from '../ui/names.js';
import { serverNowMs } from '../ui/now.js';
import { useText } from '../ui/text.js';

/** Seen, taken, declined: each person's last word, the newest first. */
export function People({ detail, roster }: { detail: AlertDetail; roster: RosterView }) {
  const t = useText();
  const answered = new Set(detail.acks.map(({ rid }) => rid));
  const seen = detail.events.filter(({ type, actorRid }) => type === 'SEEN' && actorRid !== null && !answered.has(actorRid));
  const rows = [
    ...detail.acks.map(({ rid, decision, at }) => ({ rid, at, word: t(`desk.people.${decision}`) })),
    ...seen.map(({ actorRid, at }) => ({ rid: actorRid ?? '', at, word: t('desk.people.seen') })),
  ].sort((a, b) => b.at.localeCompare(a.at));
  const once = rows.filter(({ rid }, i) => rows.findIndex((row) => row.rid === rid) === i);
  return (
    <section aria-labelledby="people-title">
      <h3 id="people-title">{t('desk.people.title')}</h3>
      {once.length === 0 ? (
        <p class="secondary">{t('desk.people.nobody')}</p>
      ) : (
        <ul class="people">
          {once.map(({ rid, at, word }) => (
            <li key={rid}>
              <span>{personName(roster, rid, t)}</span>
              <span class="secondary">
                {word}, <span class="figures">{dayAndTime(Date.parse(at), serverNowMs(), t.lang)}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** Whom the defender sealed it to, by tier and organisation. */
export function Recipients(props: { alert: OpenedAlert; roster: RosterView; tiers: readonly TierView[] }) {
  const t = useText();
  const { alert, roster, tiers } = props;
  const numbers = [...new Set(alert.recipients.map(({ tier }) => tier))].sort((a, b) => a - b);
  return (
    <section aria-labelledby="recipients-title">
      <h3 id="recipients-title">{t('desk.recipients.title')}</h3>
      <ul class="people">
        {numbers.map((number) => {
          const orgs = new Map<string, number>();
          for (const { org, tier } of alert.recipients) if (tier === number) orgs.set(org, (orgs.get(org) ?? 0) + 1);
          return (
            <li key={number}>
              <span>{tierName(tiers, number, t)}</span>
              <span class="secondary">
                {[...orgs].map(([org, count]) => `${organisationName(roster, org, t)} (${count})`).join(', ')}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
