import { useEffect, useState } from 'preact/hooks';
import { dayAndTime } from '../../common/dates.js';
import { localText } from '../../common/i18n.js';
import type { KeyringApi, RosterView } from '../crypto/messages.js';
import { policyTiers, type Invitation } from '../service/desk-api.js';
import type { Place } from '../service/sign-in.js';
import { Fingerprint } from '../ui/fingerprint.js';
import { organisationName, roleName } from '../ui/names.js';
import { useText } from '../ui/text.js';

/** What the invitation is for, and where messages go that say "open the desk". */
export function InvitationStep(props: {
  invitation: Invitation;
  place: Place;
  roster: RosterView;
  keyring: KeyringApi;
  email: string;
  onEmail: (email: string) => void;
  onNext: () => void;
}) {
  const t = useText();
  const { invitation, place } = props;
  const [words, setWords] = useState<readonly string[]>([]);
  const tiers = policyTiers(place.instance.policy.text);
  useEffect(() => {
    props.keyring.instanceWords({ instance: place.instanceId }).then(setWords, () => undefined);
  }, [props.keyring, place.instanceId]);
  const tierNames = invitation.tiers.map((number) => {
    const tier = tiers.find((each) => each.tier === number);
    return tier === undefined ? String(number) : localText(tier.name, t.lang);
  });
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        props.onNext();
      }}
    >
      <p>{t('desk.first.what')}</p>
      <dl class="facts">
        <div>
          <dt>{t('desk.first.organisation')}</dt>
          <dd>{organisationName(props.roster, invitation.org, t)}</dd>
        </div>
        <div>
          <dt>{t('desk.first.role')}</dt>
          <dd>{roleName(invitation.role, t)}</dd>
        </div>
        <div>
          <dt>{t('desk.first.tiers')}</dt>
          <dd>{tierNames.join(', ')}</dd>
        </div>
        <div>
          <dt>{t('desk.first.until')}</dt>
          <dd>{dayAndTime(Date.parse(invitation.expiresAt), Date.now(), t.lang)}</dd>
        </div>
      </dl>
      <section class="aside">
        <h2>{t('desk.place.title')}</h2>
        <p>{t('desk.place.compare')}</p>
        <Fingerprint words={words} label={t('desk.place.title')} />
      </section>
      <label class="field">
        <span class="field-name">{t('desk.first.email')}</span>
        <input
          type="email"
          autocomplete="email"
          required
          value={props.email}
          onInput={(event) => props.onEmail(event.currentTarget.value.trim())}
        />
        <span class="field-note">{t('desk.first.email-note')}</span>
      </label>
      <button type="submit" class="button">
        {t('desk.first.begin')}
      </button>
    </form>
  );
}

/** The end of the first day: what to read to the coordinator, and the link by which one comes back. */
export function LinkStep(props: { fingerprint: readonly string[]; link: string; onDone: (keep: boolean) => void }) {
  const t = useText();
  const [keep, setKeep] = useState(true);
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(props.link);
      setCopied(true);
    } catch {
      // Refused by the browser: the link is on the screen and can be selected.
    }
  };
  return (
    <>
      <p>{t('desk.done.read')}</p>
      <Fingerprint words={props.fingerprint} />
      <p class="secondary">{t('desk.done.probation')}</p>
      <h2>{t('desk.done.link-title')}</h2>
      <p>{t('desk.done.link-why')}</p>
      <p class="link-text code">{props.link}</p>
      <p>
        <button type="button" class="button-quiet" onClick={() => void copy()}>
          {t('desk.done.copy')}
        </button>{' '}
        <span role="status">{copied ? t('desk.done.copied') : ''}</span>
      </p>
      <label class="check">
        <input type="checkbox" checked={keep} onChange={(event) => setKeep(event.currentTarget.checked)} />
        <span>{t('desk.sign-in.keep')}</span>
      </label>
      <button type="button" class="button" onClick={() => props.onDone(keep)}>
        {t('desk.done.sign-in')}
      </button>
    </>
  );
}
