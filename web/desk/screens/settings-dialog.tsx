import { toBase64url } from '@jardam/protocol';
import { useState } from 'preact/hooks';
import type { Problem } from '../../common/api.js';
import type { MessageKey } from '../../common/i18n.js';
import { memoryBytesHere } from '../logic/passphrase-cost.js';
import { publicApi } from '../service/desk-api.js';
import type { SignedInDesk } from '../service/signed-in.js';
import { Dialog } from '../ui/dialog.js';
import { Fingerprint } from '../ui/fingerprint.js';
import { Notice, ProblemNotice } from '../ui/problem.js';
import { useText } from '../ui/text.js';
import { PassphraseStep } from './passphrase-step.js';

/** One's own fingerprint, and a new passphrase. The recovery code stays the same. */
export function SettingsDialog({ desk, onClose }: { desk: SignedInDesk; onClose: () => void }) {
  const t = useText();
  const [current, setCurrent] = useState('');
  const [state, setState] = useState<'idle' | 'busy' | 'done'>('idle');
  const [refusal, setRefusal] = useState<MessageKey | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);

  const change = async (next: string): Promise<void> => {
    const { keyring, place, locator } = desk;
    if (locator === null || current === '') {
      setRefusal('desk.settings.current-needed');
      return;
    }
    setState('busy');
    setRefusal(null);
    setProblem(null);
    const vault = await publicApi.vault(locator);
    if (!vault.ok) {
      setProblem(vault);
      setState('idle');
      return;
    }
    const changed = await keyring.changePassphrase({
      vault: vault.body,
      secret: { passphrase: current },
      next,
      memoryBytes: memoryBytesHere(),
      instance: place.instanceId,
    });
    if ('refused' in changed) {
      setRefusal('desk.sign-in.wrong-passphrase');
      setState('idle');
      return;
    }
    const stored = await desk.api.replaceVault({ vault: toBase64url(changed.vault), signature: changed.signature });
    if (!stored.ok) setProblem(stored);
    setState(stored.ok ? 'done' : 'idle');
  };

  return (
    <Dialog title={t('desk.settings.title')} onClose={onClose}>
      <h3>{t('desk.fingerprint.label')}</h3>
      <Fingerprint words={desk.fingerprint} />
      <h3>{t('desk.settings.passphrase')}</h3>
      {state === 'done' ? (
        <Notice tone="good" text={t('desk.settings.changed')} />
      ) : (
        <div aria-busy={state === 'busy'}>
          <label class="field">
            <span class="field-name">{t('desk.settings.current')}</span>
            <input
              type="password"
              autocomplete="current-password"
              value={current}
              onInput={(event) => setCurrent(event.currentTarget.value)}
            />
          </label>
          <PassphraseStep keyring={desk.keyring} onChosen={(next) => void change(next)} label={t('desk.settings.change')} />
          {state === 'busy' ? <p role="status">{t('desk.sign-in.opening')}</p> : null}
          {refusal === null ? null : <Notice text={t(refusal)} />}
          <ProblemNotice problem={problem} />
        </div>
      )}
    </Dialog>
  );
}
