import type { ComponentChildren } from 'preact';

/** A button for something that takes a moment. While it does, the button says so and does nothing, but keeps the focus:
 *  `disabled` would drop it to the page, and whoever works by keyboard would have to start from the top. */
export function DeedButton(props: {
  class: string;
  busy: boolean;
  onPress?: () => void;
  type?: 'button' | 'submit';
  children: ComponentChildren;
}) {
  const { busy, onPress, type = 'button' } = props;
  return (
    <button
      type={type}
      class={props.class}
      aria-disabled={busy ? 'true' : undefined}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onPress?.();
      }}
    >
      {props.children}
    </button>
  );
}
