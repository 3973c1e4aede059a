import type { Person, RosterView } from '../crypto/messages.js';
import type { LineState } from '../service/live-updates.js';
import { LanguageChoice, type FrameProps } from '../ui/entry-frame.js';
import { organisationName, roleName } from '../ui/names.js';
import { useText } from '../ui/text.js';

/** The line at the top: who you are, whether the page is current, and the way out. */
export function DeskBar(
  props: FrameProps & {
    roster: RosterView;
    me: Person;
    line: LineState;
    demo: boolean;
    onHelp: () => void;
    onContacts: () => void;
    onShifts: () => void;
    onSettings: () => void;
    onLock: () => void;
    onSignOut: () => void;
  },
) {
  const t = useText();
  const { roster, me, line } = props;
  return (
    <header class="bar">
      <h1 class="bar-name">{t('desk.name')}</h1>
      <p class="bar-who">
        {organisationName(roster, me.org, t)}, {roleName(me.role, t)}
      </p>
      {props.demo ? <p class="bar-demo">{t('desk.demo')}</p> : null}
      <p class={`line line-${line}`} role="status">
        <span class="line-mark" aria-hidden="true" />
        {t(`desk.line.${line}`)}
      </p>
      <div class="bar-deeds">
        {/* A narrow screen that shows an alert keeps the lock, and leaves the rest to the queue. */}
        <div class="bar-more">
          <LanguageChoice lang={props.lang} onLanguage={props.onLanguage} />
          <button type="button" class="button-quiet" onClick={props.onHelp}>
            {t('desk.help.open')}
          </button>
          <button type="button" class="button-quiet" onClick={props.onShifts}>
            {t('desk.shifts.open')}
          </button>
          <button type="button" class="button-quiet" onClick={props.onContacts}>
            {t('desk.contacts.open')}
          </button>
          <button type="button" class="button-quiet" onClick={props.onSettings}>
            {t('desk.settings.open')}
          </button>
          <button type="button" class="button-quiet" onClick={props.onSignOut}>
            {t('desk.sign-out')}
          </button>
        </div>
        <button type="button" class="button-quiet" onClick={props.onLock}>
          {t('desk.lock')}
        </button>
      </div>
    </header>
  );
}
