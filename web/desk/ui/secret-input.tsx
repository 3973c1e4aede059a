import { useLayoutEffect, useRef } from 'preact/hooks';

/** A field for something that nobody should read over a shoulder, unless its owner wants to see it. Never corrected,
 *  capitalised or looked up by the browser: some send what is typed to a spelling service. */
export function SecretInput(props: {
  shown: boolean;
  value: string;
  onValue: (value: string) => void;
  name: string;
  autocomplete: 'current-password' | 'new-password' | 'off';
  code?: boolean;
  invalid?: boolean;
  describedBy?: string | undefined;
  focus?: boolean;
}) {
  // The DOM types tell attributes apart by a literal type; here it changes while one and the same element stays.
  const type = { type: props.shown ? 'text' : 'password' } as { type: 'text' };
  const field = useRef<HTMLInputElement>(null);
  // Not `autofocus`: the browser honours it once per page and some time after the field has appeared, and what was
  // typed until then is lost.
  useLayoutEffect(() => {
    if (props.focus === true) field.current?.focus();
  }, []);
  return (
    <input
      ref={field}
      {...type}
      name={props.name}
      class={props.code === true ? 'code' : undefined}
      autocomplete={props.autocomplete}
      autocapitalize="off"
      spellcheck={false}
      value={props.value}
      aria-invalid={props.invalid === true}
      aria-describedby={props.describedBy}
      onInput={(event) => props.onValue(event.currentTarget.value)}
    />
  );
}
