// The service's account of an alert does not hold. Said once, at the head, with what it means for the reader.
import type { RecordFault } from '../crypto/messages.js';
import { useText } from '../ui/text.js';

export function RecordWarning({ faults, opened }: { faults: readonly RecordFault[]; opened: boolean }) {
  const t = useText();
  if (faults.length === 0) return null;
  return (
    <section class="record-warning" role="alert">
      <h3>{t('desk.record.title')}</h3>
      <ul>
        {faults.map((fault) => (
          <li key={fault}>{t(`desk.record.${fault}`)}</li>
        ))}
      </ul>
      <p>{t('desk.record.do')}</p>
      {opened ? <p>{t('desk.record.content-holds')}</p> : null}
    </section>
  );
}
