import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { wordsOfLaterScreens } from './catalogues.js';

const prefetches: (() => Promise<unknown>)[] = [];
const retryMs = 2_000;

/** A screen that is fetched when it is first shown (or before, by prefetchScreens). A failed fetch is tried again. */
export function laterScreen<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let loaded: ComponentType<P> | null = null;
  const fetchIt = async (): Promise<ComponentType<P>> => {
    const [screen] = await Promise.all([loaded ?? load(), wordsOfLaterScreens()]);
    return (loaded = screen);
  };
  prefetches.push(fetchIt);

  return function Later(props: P) {
    const [Loaded, setLoaded] = useState(() => loaded);
    useEffect(() => {
      if (Loaded !== null) return undefined;
      let timer: ReturnType<typeof setTimeout>;
      const attempt = (): void => {
        fetchIt().then(
          (screen) => setLoaded(() => screen),
          () => {
            timer = setTimeout(attempt, retryMs);
          },
        );
      };
      attempt();
      return () => clearTimeout(timer);
    }, []);
    return Loaded === null ? <main class="screen" aria-busy="true" /> : <Loaded {...props} />;
  };
}

/** Fetches all screens, one after the other and without hurry. */
export function prefetchScreens(): void {
  void prefetches.reduce<Promise<unknown>>((before, fetchIt) => before.then(fetchIt, fetchIt), Promise.resolve()).catch(() => undefined);
}
