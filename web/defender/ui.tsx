// The few parts that every screen is made of.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

/** A screen: its heading takes the focus, so that a screen reader starts reading there and the keyboard is not lost. */
export function Screen(props: { title: ComponentChildren; children: ComponentChildren; class?: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <main class={`screen ${props.class ?? ''}`}>
      <h1 tabIndex={-1} ref={heading}>
        {props.title}
      </h1>
      {props.children}
    </main>
  );
}

type Tone = 'main' | 'plain' | 'quiet' | 'panic';

/** A button that says what it does. One 'main' a screen; 'panic' is the red one. */
export function Button(props: { tone?: Tone; onPress: () => void; children: ComponentChildren; disabled?: boolean }) {
  return (
    <button type="button" class={`button button-${props.tone ?? 'plain'}`} onClick={props.onPress} disabled={props.disabled ?? false}>
      {props.children}
    </button>
  );
}

/** Something to notice: 'calm' for facts, 'warn' for what is not as it should be, 'good' for what is confirmed. */
export function Notice(props: { tone: 'calm' | 'warn' | 'good'; live?: boolean; children: ComponentChildren }) {
  return (
    <div class={`notice notice-${props.tone}`} role={props.live ? 'status' : undefined}>
      {props.children}
    </div>
  );
}

/** One of several, as large rows. `value` null: none chosen yet. */
export function Choices<T extends string>(props: {
  legend: ComponentChildren;
  /** The heading of the screen already says it: the legend is for screen readers only. */
  legendHidden?: boolean;
  options: readonly { readonly value: T; readonly text: ComponentChildren }[];
  value: T | null;
  onChoose: (value: T) => void;
}) {
  const name = useId();
  return (
    <fieldset class="choices">
      <legend class={props.legendHidden ? 'hidden-text' : 'label'}>{props.legend}</legend>
      {props.options.map(({ value, text }) => (
        <label class="choice" key={value}>
          <input type="radio" name={name} value={value} checked={props.value === value} onChange={() => props.onChoose(value)} />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** Yes or no, as a large row. */
export function Check(props: { checked: boolean; onChange: (checked: boolean) => void; children: ComponentChildren; hint?: ComponentChildren }) {
  const hintId = useId();
  return (
    <label class="choice">
      <input
        type="checkbox"
        checked={props.checked}
        aria-describedby={props.hint === undefined ? undefined : hintId}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      <span>
        {props.children}
        {props.hint === undefined ? null : (
          <span class="hint" id={hintId}>
            {props.hint}
          </span>
        )}
      </span>
    </label>
  );
}

interface FieldProps {
  readonly label: ComponentChildren;
  readonly labelHidden?: boolean;
  readonly hint?: ComponentChildren;
  readonly value: string;
  readonly onInput: (value: string) => void;
}

/** A field of one or several lines. Browsers are told not to remember, complete, correct or send it anywhere. */
export function TextField(props: FieldProps & { rows?: number; error?: ComponentChildren; type?: 'text' | 'datetime-local'; plainWords?: boolean }) {
  const id = useId();
  const describedBy = [props.hint === undefined ? '' : `${id}-hint`, props.error ? `${id}-error` : ''].filter(Boolean).join(' ');
  const shared = {
    id,
    class: 'field',
    value: props.value,
    autoComplete: 'off',
    // Spelling checks of some browsers send the text to their maker.
    spellcheck: false,
    ...(props.plainWords ? { autoCapitalize: 'none' as const, lang: 'en' } : {}),
    ...(describedBy === '' ? {} : { 'aria-describedby': describedBy }),
    ...(props.error ? { 'aria-invalid': true } : {}),
    onInput: (event: { readonly currentTarget: { readonly value: string } }) => props.onInput(event.currentTarget.value),
  } as const;
  return (
    <div class="text-field">
      <label class={props.labelHidden ? 'hidden-text' : 'label'} for={id}>
        {props.label}
      </label>
      {props.hint === undefined ? null : (
        <p class="hint" id={`${id}-hint`}>
          {props.hint}
        </p>
      )}
      {props.rows !== undefined ? (
        <textarea rows={props.rows} {...shared} />
      ) : props.type === 'datetime-local' ? (
        <input type="datetime-local" {...shared} />
      ) : (
        <input type="text" {...shared} />
      )}
      {props.error ? (
        <p class="error" id={`${id}-error`} role="alert">
          {props.error}
        </p>
      ) : null}
    </div>
  );
}

/** A list to choose one from. */
export function Select(props: FieldProps & { options: readonly { readonly value: string; readonly text: string }[] }) {
  const id = useId();
  return (
    <div class="text-field">
      <label class="label" for={id}>
        {props.label}
      </label>
      <select id={id} class="field" value={props.value} onChange={(event) => props.onInput(event.currentTarget.value)}>
        {props.options.map(({ value, text }) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
