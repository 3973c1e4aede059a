// Which screen is shown: the first day, the passphrase, probation, or the desk.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { LANGUAGES, preferredLanguage, type Language, type Translate } from '../common/i18n.js';
import type { Problem } from '../common/api.js';
import { recall, remember } from '../common/storage.js';
import { startKeyring, type KeyringHandle } from './crypto/keyring-worker.js';
import type { DeskLink } from './logic/link.js';
import { DeskScreen } from './screens/desk-screen.js';
import { FirstDayScreen } from './screens/first-day.js';
import { PlainScreen, RefusedScreen, UnreachableScreen, WaitingScreen } from './screens/plain-screens.js';
import { SignInScreen } from './screens/sign-in.js';
import type { RosterRefusal } from './crypto/messages.js';
import { createDeskApi } from './service/desk-api.js';
import { findPlace, forgetPersonal, recallPersonal, type Place, type SignInStep } from './service/sign-in.js';
import type { SignedInDesk } from './service/signed-in.js';
import { catalogues, deskTranslator, TextProvider } from './ui/text.js';

type Screen =
  | { readonly at: 'starting' }
  | { readonly at: 'unreachable'; readonly problem: Problem }
  | { readonly at: 'first-day'; readonly invitation: string }
  | { readonly at: 'sign-in'; readonly locator: string | null; readonly why: 'locked' | 'ended' | null }
  | { readonly at: 'waiting'; readonly fingerprint: readonly string[] }
  | { readonly at: 'refused'; readonly reason: RosterRefusal | 'swapped-key' }
  | { readonly at: 'desk'; readonly desk: SignedInDesk };

const languageName = 'lang';

function firstLanguage(): Language {
  const kept = recall(languageName);
  return LANGUAGES.find((lang) => lang === kept) ?? preferredLanguage(navigator.languages);
}

export function App({ link }: { link: DeskLink }) {
  const [t, setText] = useState<Translate | null>(null);
  const [lang, setLang] = useState<Language>(firstLanguage);
  const [screen, setScreen] = useState<Screen>({ at: 'starting' });
  const [place, setPlace] = useState<Place | null>(null);
  const keyring = useRef<KeyringHandle | null>(null);
  const locator = useRef(link.locator ?? recallPersonal()?.locator ?? null);

  useEffect(() => {
    let current = true;
    void catalogues[lang]().then(({ default: catalogue }) => {
      if (!current) return;
      document.documentElement.lang = lang;
      setText(() => deskTranslator(lang, catalogue));
    });
    return () => {
      current = false;
    };
  }, [lang]);

  const chooseLanguage = useCallback((next: Language): void => {
    remember(languageName, next);
    setLang(next);
  }, []);

  const start = useCallback(async (): Promise<void> => {
    const found = await findPlace(link.instance);
    if ('problem' in found) {
      setScreen({ at: 'unreachable', problem: found.problem });
      return;
    }
    setPlace(found);
    keyring.current ??= startKeyring();
    setScreen(
      link.invitation === null
        ? { at: 'sign-in', locator: locator.current, why: null }
        : { at: 'first-day', invitation: link.invitation },
    );
  }, [link]);

  useEffect(() => {
    void start();
  }, [start]);

  /** Ends the Worker with everything in it; the next passphrase starts a new one. */
  const lock = useCallback((why: 'locked' | 'ended' | null): void => {
    keyring.current?.terminate();
    keyring.current = startKeyring();
    setScreen((now) => {
      if (now.at === 'desk') void now.desk.api.signOut();
      return { at: 'sign-in', locator: locator.current, why };
    });
  }, []);

  const forget = useCallback((): void => {
    forgetPersonal();
    locator.current = null;
    lock(null);
  }, [lock]);

  const entered = useCallback(
    (step: SignInStep): void => {
      if ('session' in step && place !== null && keyring.current !== null) {
        const api = createDeskApi(step.session.token, () => lock('ended'));
        const { me, roster, fingerprint } = step;
        setScreen({
          at: 'desk',
          desk: { api, keyring: keyring.current, me, roster, fingerprint, place, expiresAt: step.session.expiresAt, locator: locator.current },
        });
      } else if ('waiting' in step) {
        setScreen({ at: 'waiting', fingerprint: step.waiting.fingerprint });
      } else if ('rosterRefused' in step) {
        keyring.current?.terminate();
        keyring.current = startKeyring();
        setScreen({ at: 'refused', reason: step.rosterRefused });
      }
    },
    [place, lock],
  );

  const rosterRefused = useCallback((reason: RosterRefusal): void => {
    keyring.current?.terminate();
    keyring.current = startKeyring();
    setScreen({ at: 'refused', reason });
  }, []);

  if (t === null) return <div class="starting" aria-busy="true" />;
  const frame = { lang, onLanguage: chooseLanguage };
  return (
    <TextProvider value={t}>
      {screen.at === 'starting' ? <PlainScreen {...frame} busy /> : null}
      {screen.at === 'unreachable' ? (
        <UnreachableScreen {...frame} problem={screen.problem} onRetry={() => void start()} />
      ) : null}
      {screen.at === 'first-day' && place !== null && keyring.current !== null ? (
        <FirstDayScreen
          {...frame}
          invitation={screen.invitation}
          place={place}
          keyring={keyring.current}
          onRosterRefused={rosterRefused}
          onDone={(newLocator) => {
            locator.current = newLocator;
            lock(null);
          }}
        />
      ) : null}
      {screen.at === 'sign-in' && place !== null && keyring.current !== null ? (
        <SignInScreen
          {...frame}
          place={place}
          keyring={keyring.current}
          locator={screen.locator}
          why={screen.why}
          onLocator={(next) => {
            locator.current = next;
          }}
          onStep={entered}
          onForget={forget}
        />
      ) : null}
      {screen.at === 'waiting' ? (
        <WaitingScreen {...frame} fingerprint={screen.fingerprint} onAgain={() => lock(null)} />
      ) : null}
      {screen.at === 'refused' ? (
        <RefusedScreen {...frame} reason={screen.reason} onAgain={() => lock(null)} />
      ) : null}
      {screen.at === 'desk' ? (
        <DeskScreen
          {...frame}
          desk={screen.desk}
          firstAlert={link.alertId}
          onLock={() => lock('locked')}
          onSignOut={forget}
          onRosterRefused={rosterRefused}
        />
      ) : null}
    </TextProvider>
  );
}
