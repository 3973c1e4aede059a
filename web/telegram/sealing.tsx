// From the form to "the button is in your chat": sealing, sending, and the seven words.
import { useState } from 'preact/hooks';
import { usePage } from '../defender/context.js';
import { directory } from '../defender/directory.js';
import { Live } from '../defender/live.js';
import { ReceiptScreen } from '../defender/screens/receipt.js';
import type { WordsState } from '../defender/session.js';
import { Button, Notice, Screen } from '../defender/ui.js';
import type { Result } from '../common/api.js';
import { FAULTS, reasonOf, type Fault } from './faults.js';
import { refreshPrepared } from './service.js';
import { sealPacket, type PacketDraft, type SealedPacket } from './seal-packet.js';

export type SealingState =
  | { readonly at: 'form' }
  | { readonly at: 'sealing' }
  | { readonly at: 'done'; readonly words: readonly number[] }
  | { readonly at: 'failed'; readonly why: Fault };

/** Seals a draft and hands it over; the state tells how far it is. */
export function useSealing(): { readonly state: SealingState; readonly run: (draft: PacketDraft, hand: (sealed: SealedPacket) => Promise<Result<unknown>>) => Promise<void> } {
  const [state, setState] = useState<SealingState>({ at: 'form' });
  const run = async (draft: PacketDraft, hand: (sealed: SealedPacket) => Promise<Result<unknown>>): Promise<void> => {
    const known = directory.get();
    // An outdated list is refused here, unlike for a panic: this is done in peace and must start out right.
    if (known.at !== 'ready' || known.directory.roster.expired) return setState({ at: 'failed', why: 'list' });
    setState({ at: 'sealing' });
    let sealed: SealedPacket;
    try {
      sealed = await sealPacket(known.directory, draft);
    } catch (error) {
      return setState({ at: 'failed', why: (error as { code?: unknown }).code === 'bad-recipients' ? 'nobody' : 'too-long' });
    }
    const answer = await hand(sealed);
    sealed.releaseSecret.fill(0);
    if (!answer.ok) return setState({ at: 'failed', why: reasonOf(answer) });
    setState({ at: 'done', words: sealed.words });
    await refreshPrepared();
  };
  return { state, run };
}

/** What went wrong, in words. */
export function SealingFault({ state }: { state: SealingState }) {
  const { t } = usePage();
  return state.at === 'failed' ? <Notice tone="warn" live>{t(FAULTS[state.why])}</Notice> : null;
}

/** Done: what happens now, and the seven words for whoever wants to follow it later from any phone. */
export function SealedScreen(props: { title: string; text: string; words: readonly number[]; onDone: () => void }) {
  const { t } = usePage();
  const [shown, setShown] = useState(false);
  const [words] = useState(() => new Live<WordsState>({ at: 'valid', indices: props.words }));
  if (shown) return <ReceiptScreen session={{ words }} valid={t('miniApp.words.later')} onDone={props.onDone} />;
  return (
    <Screen title={props.title}>
      <Notice tone="good" live>{props.text}</Notice>
      <p>{t('miniApp.words.offer')}</p>
      <Button tone="main" onPress={() => setShown(true)}>{t('defender.words.show')}</Button>
      <Button onPress={props.onDone}>{t('miniApp.words.without')}</Button>
    </Screen>
  );
}
