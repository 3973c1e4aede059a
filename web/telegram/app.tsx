import { useEffect } from 'preact/hooks';
import { backAction, Page, type Place } from '../defender/context.js';
import { Bar, Stopped } from '../defender/frame.js';
import { laterScreen } from '../defender/later.js';
import { useLive } from '../defender/live.js';
import { Way } from '../defender/screens/home.js';
import { useShell, type Screens } from '../defender/shell.js';
import { Notice } from '../defender/ui.js';
import type { Translate } from '../common/i18n.js';
import { launch, onBackButton, showBackButton } from './bridge.js';
import { loadWords } from './catalogues.js';
import { Unknown } from './faults.js';
import { prepared, type ArmedButton } from './service.js';

const ArmScreen = laterScreen(() => import('./arm-screen.js').then((module) => module.ArmScreen));
const CheckInsScreen = laterScreen(() => import('./check-ins-screen.js').then((module) => module.CheckInsScreen));

/** The places of the defender's page, and the two that only make sense beside a chat. */
type MiniPlace = Place | 'arm' | 'check-ins';

export function App() {
  const { lang, t, place, go, screens } = useShell<MiniPlace>('home', loadWords);

  // Telegram's own way back does what ours does.
  useEffect(() => {
    onBackButton(() => backAction.get()?.());
    return backAction.subscribe(() => showBackButton(backAction.get() !== null));
  }, []);

  if (t === null || t.lang !== lang) return <Bar t={t} />;
  const all: Screens<MiniPlace> = {
    ...screens(<PreparedWays t={t} go={go} />),
    arm: () => <ArmScreen onDone={() => go('home')} />,
    'check-ins': () => <CheckInsScreen onDone={() => go('home')} />,
  };
  return (
    <Page.Provider value={{ t, go }}>
      <Bar t={t} />
      <Stopped t={t}>{all[place]()}</Stopped>
    </Page.Provider>
  );
}

/** The two ways that need a Telegram account and its own app; elsewhere the reason stands in their place. */
function PreparedWays(props: { t: Translate; go: (place: MiniPlace) => void }) {
  const { t, go } = props;
  const state = useLive(prepared);
  if (launch.initData === null) return <Notice tone="warn">{t('miniApp.not-in-telegram')}</Notice>;
  if (launch.inBrowser) return <Notice tone="warn">{t('miniApp.in-browser')}</Notice>;
  // Not a guess: "not prepared" to somebody whose button lies in the chat would be wrong, and forms that end in a
  // refusal would waste the time of somebody whose account is not known here.
  if (state.at !== 'ready') return <Unknown state={state} />;
  const { tap, checkIns } = state.prepared;
  const count = checkIns.length;
  return (
    <>
      <Way
        onPress={() => go('arm')}
        text={t('miniApp.arm.title')}
        hint={t(armHint(tap))}
      />
      <Way
        onPress={() => go('check-ins')}
        text={t('miniApp.check-in.title')}
        hint={count === 0 ? t('miniApp.check-in.hint') : t('miniApp.check-in.count', { n: count })}
      />
    </>
  );
}

function armHint(tap: ArmedButton | null): 'miniApp.arm.none' | 'miniApp.arm.running' | 'miniApp.arm.again' | 'miniApp.arm.ready' {
  if (tap === null) return 'miniApp.arm.none';
  if (tap.state !== 'armed') return 'miniApp.arm.running';
  return tap.expired || tap.olderRoster ? 'miniApp.arm.again' : 'miniApp.arm.ready';
}
