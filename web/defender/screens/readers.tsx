import { useState } from 'preact/hooks';
import type { Consents, Severity } from '@jardam/protocol';
import { localText } from '../../common/i18n.js';
import { isAllowed, readersOf, type Choices } from '../compose.js';
import { usePage } from '../context.js';
import { directory } from '../directory.js';
import { useLive } from '../live.js';
import type { AlertSession } from '../session.js';
import { Check } from '../ui.js';
import { ListState } from './list-notice.js';

/** The choices for an addition: those of this page, or for somebody who came back with the words, what the server says
 *  they were. The latter is only a proposal: it is shown by name and can be changed before anything is sealed. */
export function useReaders(session: AlertSession): { readonly choices: Choices | null; readonly change: (choices: Choices) => void } {
  const [changed, setChanged] = useState<Choices | null>(null);
  const shown = useLive(session.view);
  const sent = useLive(session.sent);
  const state = useLive(directory);
  if (session.choices !== null) return { choices: session.choices, change: () => undefined };
  if (state.at !== 'ready' || shown === null) return { choices: null, change: setChanged };
  const allowed = (tier: number): boolean =>
    sent?.tiers.includes(tier) ?? shown.view.tiers.some((each) => each.tier === tier && each.status !== 'not_consented');
  const given = (consent: keyof Consents): boolean =>
    state.directory.policy.tiers.some((tier) => tier.consent === consent && allowed(tier.tier));
  const proposed: Choices = {
    severity: shown.view.severity,
    consents: {
      responders: true,
      abroad: given('abroad'),
      eu: given('eu'),
      un: given('un'),
      publication: given('publication'),
      // Not a reader: nothing is sealed to a family.
      family: false,
    },
    excluded: sent?.exclude ?? [],
    gated: false,
  };
  return { choices: changed ?? proposed, change: setChanged };
}

/** The organisations that will be able to read an addition. */
export function Readers(props: { session: AlertSession; choices: Choices | null; onChange: (choices: Choices) => void }) {
  const { t } = usePage();
  const { session, choices } = props;
  const state = useLive(directory);
  if (state.at !== 'ready' || choices === null) return <ListState />;
  const { policy, roster } = state.directory;
  const body = roster.current.body;
  const severity: Severity = choices.severity;
  const tiers = policy.tiers.filter((tier) => tier.by === 'people' && isAllowed(tier, { severity, consents: choices.consents }));
  const orgs = body.organisations.filter(({ id }) => tiers.some(({ tier }) => readersOf(body, tier, Date.now()).some(({ org }) => org === id)));
  if (session.choices !== null) {
    const names = orgs.filter(({ id }) => !choices.excluded.includes(id)).map(({ name }) => localText(name, t.lang));
    return (
      <p class="quiet">
        {t('more.add.readers')} {names.join(', ')}.
      </p>
    );
  }
  return (
    <fieldset class="choices">
      <legend class="label">{t('more.add.readers')}</legend>
      <p class="hint">{t('more.add.readers-hint')}</p>
      {orgs.map(({ id, name }) => (
        <Check
          key={id}
          checked={!choices.excluded.includes(id)}
          onChange={(checked) =>
            props.onChange({
              ...choices,
              excluded: checked ? choices.excluded.filter((each) => each !== id) : [...choices.excluded, id],
            })
          }
        >
          {localText(name, t.lang)}
        </Check>
      ))}
    </fieldset>
  );
}
