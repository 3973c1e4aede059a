// Leaving in a hurry: cover at once, forget, go.

/** Where the quick exit leads. about:blank: it needs no connection, makes no request that a third party or the network
 *  could see, and replaces the entry in the tab's history. A weather or news site lost: the request to it comes seconds
 *  later on 2G while the page still stands there, its address is known to everybody who knows this page, and it puts
 *  a fresh third-party visit right behind ours in every log. */
const neutralAddress = 'about:blank';
const shiftPresses = 3;
const shiftWindowMs = 1_500;

let forgetEverything: () => void = () => undefined;

/** Covers the page, forgets, and leaves it. */
export function quickExit(): void {
  cover();
  forgetEverything();
  location.replace(neutralAddress);
}

function cover(): void {
  // The class hides everything in the same frame, before any clearing takes its time.
  document.documentElement.classList.add('gone');
  document.title = '';
  document.body.replaceChildren();
}

/** Counts Shift presses with nothing between them; the third within the window is the signal. */
export function shiftCounter(now: () => number): (key: string) => boolean {
  let presses: number[] = [];
  return (key) => {
    if (key !== 'Shift') {
      presses = [];
      return false;
    }
    presses = [...presses.filter((at) => now() - at < shiftWindowMs), now()];
    return presses.length >= shiftPresses;
  };
}

/** Listens for Shift three times, and clears the page whenever it is hidden for good, so that neither the back button
 *  nor a restored tab shows it again. */
export function watchForExit(forget: () => void): void {
  forgetEverything = forget;
  const pressed = shiftCounter(() => Date.now());
  // Capture: a field that handles its own keys must not be able to swallow the signal.
  addEventListener('keydown', (event) => {
    if (!event.repeat && pressed(event.key)) quickExit();
  }, true);
  addEventListener('pagehide', () => {
    cover();
    forget();
  });
  // Brought back from the back/forward cache: what stood here is gone, begin anew.
  addEventListener('pageshow', (event) => {
    if (event.persisted) location.reload();
  });
}
