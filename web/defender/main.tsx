import { render } from 'preact';
import { App } from './app.js';
import { forgetAll } from './current-alert.js';
import { refreshDirectory, setLinkedInstance } from './directory.js';
import { watchForExit } from './quick-exit.js';
import { LANGUAGES } from '../common/i18n.js';
import { changeSettings } from './settings.js';

// A link may name a language (#ky) and pin an instance (#i=…). Both leave the address bar at once.
const fragment = new URLSearchParams(location.hash.slice(1));
const linkedLanguage = LANGUAGES.find((lang) => fragment.has(lang));
const linkedInstance = fragment.get('i');
if (linkedLanguage !== undefined) changeSettings({ lang: linkedLanguage });
if (linkedInstance !== null) setLinkedInstance(linkedInstance);
if (location.hash !== '') history.replaceState(null, '', location.pathname);

const root = document.getElementById('page');
if (root === null) throw new Error('index.html has no place for the page');
watchForExit(() => {
  render(null, root);
  forgetAll();
});
root.replaceChildren();
render(<App />, root);
void refreshDirectory();
