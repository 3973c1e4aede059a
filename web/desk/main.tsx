// The responders' page. The fragment is read once and taken out of the address bar, so that neither the history nor a
// photograph of the screen keeps an invitation or a locator.
import { render } from 'preact';
import '../common/tokens.css';
import '../common/base.css';
import '../common/ladder.css';
import './styles/desk.css';
import './styles/queue.css';
import './styles/alert.css';
import './styles/entry.css';
import { App } from './app.js';
import { readDeskLink } from './logic/link.js';

const link = readDeskLink(location.hash);
if (location.hash !== '') history.replaceState(null, '', location.pathname);
const root = document.getElementById('desk');
if (root === null) throw new Error('the page has no #desk');
render(<App link={link} />, root);
