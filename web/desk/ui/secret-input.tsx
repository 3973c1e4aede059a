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
  return (
    <input
      {...type}
      name={props.name}
      class={props.code === true ? 'code' : undefined}
      autocomplete={props.autocomplete}
      autocapitalize="off"
      spellcheck={false}
      autofocus={props.focus === true}
      value={props.value}
      aria-invalid={props.invalid === true}
      aria-describedby={props.describedBy}
      onInput={(event) => props.onValue(event.currentTarget.value)}
    />
  );
}
