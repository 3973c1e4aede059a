import { useId, useState } from 'preact/hooks';
import type { KeyringApi } from '../crypto/messages.js';
import { passphraseStrength, type Strength } from '../logic/passphrase-strength.js';
import { Notice } from '../ui/problem.js';
import { SecretInput } from '../ui/secret-input.js';
import { useText } from '../ui/text.js';

const levels: Readonly<Record<Strength, number>> = { short: 1, weak: 2, fair: 3, strong: 4 };

/** Four boxes and a word. The boxes alone would be colour only. */
function StrengthMeter({ passphrase, id }: { passphrase: string; id: string }) {
  const t = useText();
  const strength = passphraseStrength(passphrase);
  const level = passphrase === '' ? 0 : levels[strength];
  return (
    <p class="strength" id={id} aria-live="polite">
      <span class="strength-boxes" aria-hidden="true">
        {[1, 2, 3, 4].map((box) => (
          <span key={box} class={box <= level ? 'strength-box strength-full' : 'strength-box'} />
        ))}
      </span>
      {passphrase === '' ? t('desk.passphrase.advice') : t(`desk.passphrase.strength-${strength}`)}
    </p>
  );
}

/** A passphrase twice, with a way to be given one. Used on the first day and when it is changed. */
export function PassphraseStep(props: { keyring: Pick<KeyringApi, 'suggestPassphrase'>; onChosen: (passphrase: string) => void; label?: string }) {
  const t = useText();
  const meterId = useId();
  const [passphrase, setPassphrase] = useState('');
  const [again, setAgain] = useState('');
  const [shown, setShown] = useState(false);
  const [wrong, setWrong] = useState<'weak' | 'differ' | null>(null);

  const suggest = async (): Promise<void> => {
    setPassphrase(await props.keyring.suggestPassphrase());
    setAgain('');
    setShown(true);
    setWrong(null);
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    const strength = passphraseStrength(passphrase);
    if (strength === 'short' || strength === 'weak') setWrong('weak');
    else if (passphrase.normalize('NFKC') !== again.normalize('NFKC')) setWrong('differ');
    else props.onChosen(passphrase);
  };
  return (
    <form class="form" onSubmit={submit}>
      <p>{t('desk.passphrase.why')}</p>
      <label class="field">
        <span class="field-name">{t('desk.passphrase.field')}</span>
        <span class="field-row">
          <SecretInput
            shown={shown}
            name="new-passphrase"
            autocomplete="new-password"
            value={passphrase}
            describedBy={meterId}
            onValue={(value) => {
              setPassphrase(value);
              setWrong(null);
            }}
          />
          <button type="button" class="button-quiet" aria-pressed={shown} onClick={() => setShown(!shown)}>
            {t('desk.sign-in.show')}
          </button>
        </span>
      </label>
      <StrengthMeter passphrase={passphrase} id={meterId} />
      <p>
        <button type="button" class="button-quiet" onClick={() => void suggest()}>
          {t('desk.passphrase.suggest')}
        </button>
      </p>
      {shown ? <p class="secondary">{t('desk.passphrase.learn')}</p> : null}
      <label class="field">
        <span class="field-name">{t('desk.passphrase.again')}</span>
        <SecretInput
          shown={shown}
          name="new-passphrase-again"
          autocomplete="new-password"
          value={again}
          onValue={(value) => {
            setAgain(value);
            setWrong(null);
          }}
        />
      </label>
      {wrong === null ? null : <Notice text={t(`desk.passphrase.wrong-${wrong}`)} />}
      <button type="submit" class="button">
        {props.label ?? t('desk.passphrase.make')}
      </button>
    </form>
  );
}
