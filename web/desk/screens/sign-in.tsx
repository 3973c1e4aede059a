import { useEffect, useState } from 'preact/hooks';
import type { Problem } from '../../common/api.js';
import type { MessageKey } from '../../common/i18n.js';
import type { KeyringApi } from '../crypto/messages.js';
import { readDeskLink } from '../logic/link.js';
import { recallPersonal, rememberPersonal, signIn, type Place, type SignInStep } from '../service/sign-in.js';
import { DeedButton } from '../ui/deed-button.js';
import { EntryFrame, type FrameProps } from '../ui/entry-frame.js';
import { Fingerprint } from '../ui/fingerprint.js';
import { Notice, ProblemNotice } from '../ui/problem.js';
import { SecretInput } from '../ui/secret-input.js';
import { useText } from '../ui/text.js';

const refusalKeys: Readonly<Record<Extract<SignInStep, { refused: unknown }>['refused'], MessageKey>> = {
  'wrong-passphrase': 'desk.sign-in.wrong-passphrase',
  'wrong-recovery-code': 'desk.sign-in.wrong-recovery-code',
  'passkey-needed': 'desk.sign-in.passkey-needed',
  damaged: 'desk.sign-in.damaged',
  'no-vault': 'desk.sign-in.no-vault',
};

/** Passphrase or recovery code. Both stay in this browser: the service gets a signature, never what is typed here. */
export function SignInScreen(
  props: FrameProps & {
    place: Place;
    keyring: KeyringApi;
    locator: string | null;
    why: 'locked' | 'ended' | null;
    onLocator: (locator: string) => void;
    onStep: (step: SignInStep) => void;
    onForget: () => void;
  },
) {
  const t = useText();
  const { place, keyring } = props;
  const [locator, setLocator] = useState(props.locator);
  const [way, setWay] = useState<'passphrase' | 'recovery'>('passphrase');
  const [secret, setSecret] = useState('');
  const [shown, setShown] = useState(false);
  const [keep, setKeep] = useState(recallPersonal() !== null);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<MessageKey | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);

  if (locator === null) {
    return (
      <LinkScreen
        {...props}
        onLink={(next) => {
          props.onLocator(next);
          setLocator(next);
        }}
      />
    );
  }

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy || secret === '') return;
    setBusy(true);
    setRefusal(null);
    setProblem(null);
    const personal = recallPersonal();
    try {
      const step = await signIn(keyring, place, {
        locator,
        secret: way === 'passphrase' ? { passphrase: secret } : { recoveryCode: secret },
        rememberedRid: personal?.locator === locator ? personal.rid : null,
      });
      if ('refused' in step) setRefusal(refusalKeys[step.refused]);
      else if ('problem' in step) setProblem(step.problem);
      else {
        if (keep && 'session' in step) rememberPersonal({ locator, rid: step.me.rid });
        setSecret('');
        props.onStep(step);
        return;
      }
    } catch {
      setRefusal('desk.sign-in.failed');
    }
    setBusy(false);
  };

  const label = way === 'passphrase' ? t('desk.sign-in.passphrase') : t('desk.sign-in.recovery-code');
  return (
    <EntryFrame {...props} title={t('desk.sign-in.title')} busy={busy}>
      {props.why === 'locked' ? <Notice tone="good" text={t('desk.sign-in.locked')} /> : null}
      {props.why === 'ended' ? <Notice tone="good" text={t('desk.sign-in.ended')} /> : null}
      <form class="form" onSubmit={(event) => void submit(event)}>
        <label class="field">
          <span class="field-name">{label}</span>
          <span class="field-row">
            <SecretInput
              key={way}
              shown={shown || way === 'recovery'}
              code={way === 'recovery'}
              name={way}
              autocomplete={way === 'passphrase' ? 'current-password' : 'off'}
              focus
              value={secret}
              invalid={refusal !== null}
              describedBy={refusal === null ? undefined : 'sign-in-refusal'}
              onValue={setSecret}
            />
            {way === 'passphrase' ? (
              <button type="button" class="button-quiet" aria-pressed={shown} onClick={() => setShown(!shown)}>
                {t('desk.sign-in.show')}
              </button>
            ) : null}
          </span>
        </label>
        {refusal === null ? null : (
          <div id="sign-in-refusal">
            <Notice text={t(refusal)} />
          </div>
        )}
        <ProblemNotice problem={problem} />
        <label class="check">
          <input type="checkbox" checked={keep} onChange={(event) => setKeep(event.currentTarget.checked)} />
          <span>{t('desk.sign-in.keep')}</span>
        </label>
        <DeedButton type="submit" class="button" busy={busy}>
          {busy ? t('desk.sign-in.opening') : t('desk.sign-in.enter')}
        </DeedButton>
      </form>
      <p class="links">
        <button
          type="button"
          class="button-quiet"
          onClick={() => {
            setWay(way === 'passphrase' ? 'recovery' : 'passphrase');
            setSecret('');
            setRefusal(null);
          }}
        >
          {way === 'passphrase' ? t('desk.sign-in.use-recovery') : t('desk.sign-in.use-passphrase')}
        </button>
        <button
          type="button"
          class="button-quiet"
          onClick={() => {
            props.onForget();
            setLocator(null);
            // What the last person typed, and how, is nothing for the next one.
            setSecret('');
            setShown(false);
            setWay('passphrase');
            setRefusal(null);
            setProblem(null);
          }}
        >
          {t('desk.sign-in.other-person')}
        </button>
      </p>
      <PlaceWords place={place} keyring={keyring} />
    </EntryFrame>
  );
}

/** Without a locator nobody can be found: the person pastes their link. */
function LinkScreen(props: FrameProps & { place: Place; keyring: KeyringApi; onLink: (locator: string) => void }) {
  const t = useText();
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState(false);
  const submit = (event: Event): void => {
    event.preventDefault();
    const hash = text.indexOf('#');
    const { locator } = readDeskLink(hash < 0 ? `#v=${text.trim()}` : text.slice(hash).trim());
    if (locator === null) setWrong(true);
    else props.onLink(locator);
  };
  return (
    <EntryFrame {...props} title={t('desk.link.title')}>
      <p>{t('desk.link.why')}</p>
      <form class="form" onSubmit={submit}>
        <label class="field">
          <span class="field-name">{t('desk.link.field')}</span>
          <input
            type="text"
            autocomplete="off"
            spellcheck={false}
            value={text}
            aria-invalid={wrong}
            onInput={(event) => {
              setText(event.currentTarget.value);
              setWrong(false);
            }}
          />
        </label>
        {wrong ? <Notice text={t('desk.link.wrong')} /> : null}
        <button type="submit" class="button">
          {t('desk.link.go-on')}
        </button>
      </form>
      <p class="secondary">{t('desk.link.lost')}</p>
      <PlaceWords place={props.place} keyring={props.keyring} />
    </EntryFrame>
  );
}

/** Which coalition this page talks to. Where the server itself told us (first use), the words are what protects: they
 *  can be compared with a colleague's. */
function PlaceWords({ place, keyring }: { place: Place; keyring: KeyringApi }) {
  const t = useText();
  const [words, setWords] = useState<readonly string[]>([]);
  const firstUse = place.pin.source === 'first-use';
  useEffect(() => {
    if (!firstUse) return;
    let current = true;
    keyring.instanceWords({ instance: place.instanceId }).then(
      (found) => {
        if (current) setWords(found);
      },
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [keyring, place.instanceId, firstUse]);
  if (!firstUse || words.length === 0) return null;
  return (
    <section class="aside">
      <h2>{t('desk.place.title')}</h2>
      <p>{t('desk.place.first-use')}</p>
      <Fingerprint words={words} label={t('desk.place.title')} />
    </section>
  );
}
