import { loadCatalogue } from './catalogues.js';
import { Page } from './context.js';
import { Bar, Stopped } from './frame.js';
import { settings } from './settings.js';
import { useShell } from './shell.js';

export function App() {
  const { lang, t, place, go, screens } = useShell(settings.get().lang === null ? 'language' : 'home', loadCatalogue);
  // Before a language is chosen there are no words for anything else.
  if (place === 'language') {
    return (
      <>
        <Bar t={null} />
        {screens().language()}
      </>
    );
  }
  if (t === null || t.lang !== lang) return <Bar t={t} />;
  return (
    <Page.Provider value={{ t, go }}>
      <Bar t={t} />
      <Stopped t={t}>{screens()[place]()}</Stopped>
    </Page.Provider>
  );
}
