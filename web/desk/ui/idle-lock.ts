// A desk that nobody sits at locks itself.
import { useEffect, useRef } from 'preact/hooks';

/** The service ends an idle session after 30 minutes; the keys leave memory before that. */
export const idleLockMs = 20 * 60_000;
const checkMs = 15_000;

/** Calls `onLock` when nothing was pressed, moved or touched for idleLockMs. Compares clock times instead of counting
 *  down: timers stand still while a laptop sleeps. */
export function useIdleLock(onLock: () => void): void {
  const lock = useRef(onLock);
  lock.current = onLock;
  useEffect(() => {
    let lastMs = Date.now();
    const touch = (): void => {
      if (Date.now() - lastMs < idleLockMs) lastMs = Date.now();
    };
    const check = (): void => {
      if (Date.now() - lastMs >= idleLockMs) lock.current();
    };
    const kinds = ['keydown', 'pointerdown', 'pointermove', 'wheel', 'touchstart'] as const;
    for (const kind of kinds) addEventListener(kind, touch, { passive: true });
    document.addEventListener('visibilitychange', check);
    const timer = setInterval(check, checkMs);
    return () => {
      for (const kind of kinds) removeEventListener(kind, touch);
      document.removeEventListener('visibilitychange', check);
      clearInterval(timer);
    };
  }, []);
}
