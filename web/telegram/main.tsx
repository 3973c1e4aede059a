import { render } from 'preact';
import { forgetAll } from '../defender/current-alert.js';
import { refreshDirectory } from '../defender/directory.js';
import { watchForExit } from '../defender/quick-exit.js';
import { changeSettings, settings } from '../defender/settings.js';
import { preferredLanguage } from '../common/i18n.js';
import { App } from './app.js';
import { close, launch, tellReady } from './bridge.js';
import { refreshPrepared } from './service.js';

if (settings.get().lang === null) changeSettings({ lang: launch.language ?? preferredLanguage(navigator.languages) });

const root = document.getElementById('page');
if (root === null) throw new Error('index.html has no place for the page');
watchForExit(() => {
  render(null, root);
  forgetAll();
  close();
});
root.replaceChildren();
render(<App />, root);
tellReady();
void refreshDirectory();
void refreshPrepared();
