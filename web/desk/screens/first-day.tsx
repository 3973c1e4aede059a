// The first day: from an invitation to keys of one's own, one question a screen.
import { toBase64url } from '@jardam/protocol';
import { useEffect, useState } from 'preact/hooks';
import type { Problem } from '../../common/api.js';
import type { KeyringApi, NewKeys, RosterRefusal, RosterView } from '../crypto/messages.js';
import { personalLink } from '../logic/link.js';
import { memoryBytesHere } from '../logic/passphrase-cost.js';
import { publicApi, type Invitation } from '../service/desk-api.js';
import { loadDeskRoster, rememberPersonal, type Place } from '../service/sign-in.js';
import { EntryFrame, type FrameProps } from '../ui/entry-frame.js';
import { Notice, ProblemNotice } from '../ui/problem.js';
import { useText } from '../ui/text.js';
import { PassphraseStep } from './passphrase-step.js';
import { RecoveryStep } from './recovery-step.js';
import { InvitationStep, LinkStep } from './first-day-steps.js';

type Step =
  | { readonly at: 'loading' }
  | { readonly at: 'not-valid' }
  | { readonly at: 'welcome' }
  | { readonly at: 'passphrase' }
  | { readonly at: 'making' }
  | { readonly at: 'recovery' }
  | { readonly at: 'enrolling' }
  | { readonly at: 'done' };

const locatorBytes = 16;

export function FirstDayScreen(
  props: FrameProps & {
    invitation: string;
    place: Place;
    keyring: KeyringApi;
    onRosterRefused: (reason: RosterRefusal) => void;
    onDone: (locator: string) => void;
  },
) {
  const t = useText();
  const { place, keyring } = props;
  const [step, setStep] = useState<Step>({ at: 'loading' });
  const [invitation, setInvitation] = useState<Invitation | null>(null);
  const [roster, setRoster] = useState<RosterView | null>(null);
  const [email, setEmail] = useState('');
  const [keys, setKeys] = useState<NewKeys | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [locator] = useState(() => toBase64url(crypto.getRandomValues(new Uint8Array(locatorBytes))));

  const look = async (): Promise<void> => {
    setProblem(null);
    // First the list: whoever is invited into a coalition whose list does not hold should hear it now.
    const listed = await loadDeskRoster(keyring, place.instanceId);
    if ('rosterRefused' in listed) {
      props.onRosterRefused(listed.rosterRefused);
      return;
    }
    if ('problem' in listed) {
      setProblem(listed.problem);
      return;
    }
    setRoster(listed.roster);
    const answer = await publicApi.invitation(props.invitation);
    if (answer.ok) {
      setInvitation(answer.body);
      setStep({ at: 'welcome' });
    } else if (answer.status === 404 || answer.status === 410) setStep({ at: 'not-valid' });
    else setProblem(answer);
  };
  useEffect(() => {
    void look();
  }, []);

  const make = async (passphrase: string): Promise<void> => {
    setStep({ at: 'making' });
    setKeys(await keyring.createKeys({ passphrase, memoryBytes: memoryBytesHere() }));
    setStep({ at: 'recovery' });
  };

  /** Only after the recovery code was checked: whoever closes the page before that may use the invitation again. */
  const enrol = async (): Promise<void> => {
    if (keys === null) return;
    setStep({ at: 'enrolling' });
    setProblem(null);
    const answer = await publicApi.enrol({
      invitation: props.invitation,
      rid: keys.rid,
      sigPk: keys.sigPk,
      kemPk: keys.kemPk,
      possession: await keyring.provePossession({ instance: place.instanceId }),
      vault: toBase64url(keys.vault),
      vaultLocator: locator,
      contacts: email === '' ? [] : [{ channel: 'email', address: email, lang: t.lang }],
    });
    if (!answer.ok) {
      setProblem(answer);
      return;
    }
    setStep({ at: 'done' });
  };

  const frame = { lang: props.lang, onLanguage: props.onLanguage, stepKey: step.at };
  switch (step.at) {
    case 'loading':
      return (
        <EntryFrame {...frame} title={t('desk.starting')} busy={problem === null}>
          <ProblemNotice problem={problem} />
          {problem === null ? null : (
            <button type="button" class="button" onClick={() => void look()}>
              {t('desk.try-again')}
            </button>
          )}
        </EntryFrame>
      );
    case 'not-valid':
      return (
        <EntryFrame {...frame} title={t('desk.first.not-valid-title')}>
          <p>{t('desk.first.not-valid')}</p>
        </EntryFrame>
      );
    case 'welcome':
      return (
        <EntryFrame {...frame} title={t('desk.first.title')}>
          {invitation === null || roster === null ? null : (
            <InvitationStep
              invitation={invitation}
              place={place}
              roster={roster}
              keyring={keyring}
              email={email}
              onEmail={setEmail}
              onNext={() => setStep({ at: 'passphrase' })}
            />
          )}
        </EntryFrame>
      );
    case 'passphrase':
      return (
        <EntryFrame {...frame} title={t('desk.passphrase.title')}>
          <PassphraseStep keyring={keyring} onChosen={(passphrase) => void make(passphrase)} />
        </EntryFrame>
      );
    case 'making':
      return (
        <EntryFrame {...frame} title={t('desk.first.making')} busy>
          <p role="status">{t('desk.first.making-why')}</p>
        </EntryFrame>
      );
    case 'recovery':
      return (
        <EntryFrame {...frame} title={t('desk.recovery.title')}>
          {keys === null ? null : <RecoveryStep code={keys.recoveryCode} onChecked={() => void enrol()} />}
        </EntryFrame>
      );
    case 'enrolling':
      return (
        <EntryFrame {...frame} title={t('desk.first.sending')} busy={problem === null}>
          {problem === null ? null : (
            <>
              {problem.status === 404 || problem.status === 410 ? (
                <Notice text={t('desk.first.not-valid')} />
              ) : (
                <ProblemNotice problem={problem} />
              )}
              <p>{t('desk.first.keep-open')}</p>
              <button type="button" class="button" onClick={() => void enrol()}>
                {t('desk.try-again')}
              </button>
            </>
          )}
        </EntryFrame>
      );
    case 'done':
      return (
        <EntryFrame {...frame} title={t('desk.done.title')}>
          {keys === null ? null : (
            <LinkStep
              fingerprint={keys.fingerprint}
              link={personalLink(location.origin, locator, place.instanceId)}
              onDone={(keep) => {
                if (keep) rememberPersonal({ locator, rid: keys.rid });
                props.onDone(locator);
              }}
            />
          )}
        </EntryFrame>
      );
  }
}
