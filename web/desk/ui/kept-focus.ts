// Who works by keyboard or by ear is where the focus is. The browser drops it to the page without a word whenever the
// focused element is moved or taken away, and then the next key goes nowhere.
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/** Keeps the focus inside `container` over a change of its content: on the same element when it was only moved (a row
 *  of a queue that is sorted anew), else on what `instead` finds. Call it in the component whose change it is. */
export function useKeptFocus(container: RefObject<HTMLElement | null>, instead: () => HTMLElement | null): void {
  const focused = useRef<Element | null>(null);
  // While rendering, that is before the change.
  const active = document.activeElement;
  focused.current = active !== null && container.current?.contains(active) === true ? active : null;
  useLayoutEffect(() => {
    const lost = focused.current;
    const dropped = document.activeElement === null || document.activeElement === document.body;
    if (lost === null || !dropped) return;
    const next = lost.isConnected && lost instanceof HTMLElement ? lost : instead();
    next?.focus({ preventScroll: true });
  });
}
