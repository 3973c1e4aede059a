import { wordsFromBytes } from '@jardam/protocol/words';
import { duration } from '../../common/dates.js';
import { localText } from '../../common/i18n.js';
import { readersOf } from '../compose.js';
import { useBack, usePage } from '../context.js';
import { directory, type Directory } from '../directory.js';
import { useLive } from '../live.js';
import type { PolicyTier } from '../policy.js';
import { Screen } from '../ui.js';
import { ListState, Phones } from './list-notice.js';

export function WhoScreen() {
  const { t, go } = usePage();
  useBack(() => go('home'));
  const state = useLive(directory);
  return (
    <Screen title={t('more.who.title')}>
      <p>{t('more.who.intro')}</p>
      {state.at === 'ready' ? <WhoDetails directory={state.directory} /> : <ListState />}
      <p class="quiet">{t('more.who.limits')}</p>
    </Screen>
  );
}

function WhoDetails({ directory: { policy, roster, pin, phones } }: { directory: Directory }) {
  const { t } = usePage();
  const body = roster.current.body;
  return (
    <>
      <dl class="tiers">
        {policy.tiers.map((tier) => (
          <TierEntry key={tier.tier} tier={tier} directoryBody={body} />
        ))}
      </dl>
      <ListState />
      <Phones phones={phones} />
      <p>{t('more.who.compare')}</p>
      <p class="instance-words" lang="en">{wordsFromBytes(pin.instanceId).join(' ')}</p>
    </>
  );
}

function TierEntry(props: { tier: PolicyTier; directoryBody: Directory['roster']['current']['body'] }) {
  const { t } = usePage();
  const { tier, directoryBody: body } = props;
  const after = tier.afterMs.S1;
  if (after === null) return null;
  const readers = readersOf(body, tier.tier, Date.now());
  const orgs = body.organisations.filter(({ id }) => readers.some(({ org }) => org === id));
  const when = after === 0 ? t('more.who.at-once') : after === 'next_shift' ? t('more.who.next-shift') : t('defender.who.after', { time: duration(after, t.lang) });
  return (
    <div>
      <dt>{localText(tier.name, t.lang)}</dt>
      <dd>
        <p class="quiet">
          {when}
          {tier.consent === null ? '' : `. ${t('more.who.consent')}`}
        </p>
        {tier.by === 'task' ? (
          <p>{t('more.who.task')}</p>
        ) : readers.length === 0 ? (
          <p>{t('more.who.nobody')}</p>
        ) : (
          <p>
            {orgs.map(({ name }) => localText(name, t.lang)).join(', ')}. {t('more.who.people', { n: readers.length })}
          </p>
        )}
      </dd>
    </div>
  );
}
