import { useState } from 'preact/hooks';
import { setShortcutsOn, shortcutsOn } from '../queue/shortcuts.js';
import type { MessageKey } from '../../common/i18n.js';
import { Dialog } from '../ui/dialog.js';
import { useText } from '../ui/text.js';

const rows: readonly (readonly [readonly string[], MessageKey])[] = [
  [['j', 'k'], 'desk.help.move'],
  [['Enter'], 'desk.help.enter'],
  [['a'], 'desk.help.acknowledge'],
  [['r'], 'desk.help.reply'],
  [['/'], 'desk.help.search'],
  [['Esc'], 'desk.help.close'],
  [['?'], 'desk.help.help'],
];

export function HelpDialog({ onClose }: { onClose: () => void }) {
  const t = useText();
  const [on, setOn] = useState(shortcutsOn);
  return (
    <Dialog title={t('desk.help.title')} onClose={onClose}>
      <dl class="keys">
        {rows.map(([keys, text]) => (
          <div key={text}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{t(text)}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={on}
          onChange={(event) => {
            setShortcutsOn(event.currentTarget.checked);
            setOn(event.currentTarget.checked);
          }}
        />
        <span>{t('desk.help.keys-on')}</span>
      </label>
      <p class="secondary">{t('desk.help.duty')}</p>
    </Dialog>
  );
}
