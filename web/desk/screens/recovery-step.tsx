import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Notice } from '../ui/problem.js';
import { useText } from '../ui/text.js';

const groupCount = 8;

/** The recovery code, shown once. Going on needs one of its groups, so that "I have written it down" is true. */
export function RecoveryStep(props: { code: string; onChecked: () => void }) {
  const t = useText();
  const groups = props.code.split('-');
  const [asked] = useState(() => Math.floor(Math.random() * groupCount));
  const [checking, setChecking] = useState(false);
  const [typed, setTyped] = useState('');
  const [wrong, setWrong] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    if (checking) field.current?.focus();
  }, [checking]);

  const submit = (event: Event): void => {
    event.preventDefault();
    const clean = typed.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
    if (clean === groups[asked]) props.onChecked();
    else setWrong(true);
  };
  if (!checking) {
    return (
      <>
        <p>{t('desk.recovery.why')}</p>
        <ol class="recovery code" aria-label={t('desk.recovery.label')}>
          {groups.map((group, i) => (
            <li key={i}>{group}</li>
          ))}
        </ol>
        <p class="secondary">{t('desk.recovery.where')}</p>
        <div class="deeds">
          <button type="button" class="button" onClick={() => setChecking(true)}>
            {t('desk.recovery.written')}
          </button>
          <button type="button" class="button-quiet" onClick={() => print()}>
            {t('desk.recovery.print')}
          </button>
        </div>
      </>
    );
  }
  return (
    <form class="form" onSubmit={submit}>
      <label class="field">
        <span class="field-name">{t('desk.recovery.check', { n: asked + 1 })}</span>
        <input
          ref={field}
          type="text"
          class="code"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          value={typed}
          aria-invalid={wrong}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            setWrong(false);
          }}
        />
      </label>
      {wrong ? <Notice text={t('desk.recovery.wrong')} /> : null}
      <div class="deeds">
        <button type="submit" class="button">
          {t('desk.recovery.go-on')}
        </button>
        <button type="button" class="button-quiet" onClick={() => setChecking(false)}>
          {t('desk.recovery.show-again')}
        </button>
      </div>
    </form>
  );
}
