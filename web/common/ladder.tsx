import type { AlertView } from './alert-view.js';
import { dayAndTime, type Zone } from './dates.js';
import type { Translate } from './i18n.js';
import { ladderRows } from './ladder-rows.js';

/** The ladder: a vertical line of plain sentences with times, the same for the defender and on the desk. State is told
 *  by the words and by the shape of the mark; colour only repeats it. Styles are in ladder.css. */
export function Ladder(props: { view: AlertView; now: number; t: Translate; zone?: Zone }) {
  const { view, now, t, zone } = props;
  return (
    <ol class="ladder">
      {ladderRows(view, t).map((row) => (
        <li key={row.id} class={`ladder-row ladder-${row.mark}`}>
          <span class="ladder-time figures">
            {row.at === null ? '' : <time dateTime={new Date(row.at).toISOString()}>{dayAndTime(row.at, now, t.lang, zone)}</time>}
          </span>
          <span class="ladder-mark" aria-hidden="true" />
          <span class="ladder-text">
            {row.text}
            {row.detail === undefined ? null : <span class="ladder-detail">{row.detail}</span>}
          </span>
        </li>
      ))}
    </ol>
  );
}
