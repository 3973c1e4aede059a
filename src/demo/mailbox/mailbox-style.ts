import { readFileSync } from 'node:fs';
import { shippedFile } from '../../cli/shipped-file.js';

/** The mailbox's stylesheet: the tokens of the pages, so that the demo looks like one thing, and its few own rules. */
export function mailboxStyle(): string {
  return `${readFileSync(shippedFile('web', 'common', 'tokens.css'), 'utf8')}\n${RULES}`;
}

const RULES = `
* { box-sizing: border-box; }
body {
  margin: 0 auto;
  max-width: 64rem;
  padding: var(--s8) var(--s4) var(--s16);
  background: var(--grey-1);
  color: var(--grey-6);
  font: var(--text)/var(--line) var(--face);
}
h1 { margin: 0 0 var(--s2); font-size: var(--text-title); line-height: var(--line-tight); overflow-wrap: anywhere; }
h2 { margin: 0; font-size: var(--text); line-height: var(--line); }
p { margin: 0 0 var(--s3); }
a { color: var(--accent); text-underline-offset: 0.15em; overflow-wrap: anywhere; }
a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
header p, .address, .none { color: var(--grey-5); }
.address, .none { font-size: var(--text-small); }
.none, ol { margin: var(--s2) 0 0; }
section { padding: var(--s4) 0; border-top: 1px solid var(--grey-3); }
section .address { margin: 0; }
@media (min-width: 44rem) {
  section { display: grid; grid-template: auto 1fr / 18rem 1fr; column-gap: var(--s8); align-items: start; }
  section h2, section .address { grid-column: 1; }
  section ol, section .none { grid-column: 2; grid-row: 1 / span 2; margin: 0; }
  li:first-child { padding-top: 0; }
}
ol { padding: 0; list-style: none; }
li { display: flex; align-items: baseline; justify-content: space-between; gap: var(--s4); padding: var(--s1) 0; }
li a { min-height: 1.5rem; }
time { flex: none; color: var(--grey-5); font-size: var(--text-small); font-variant-numeric: tabular-nums; }
article { max-width: var(--column); }
dl { display: grid; grid-template-columns: auto 1fr; gap: var(--s1) var(--s4); margin: var(--s4) 0; font-size: var(--text-small); }
dt { color: var(--grey-5); }
dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
pre {
  margin: 0;
  padding: var(--s5) 0;
  border-top: 1px solid var(--grey-3);
  font: inherit;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}
`;
