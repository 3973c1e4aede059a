// Check-ins whose question could not be delivered: no machine sends them, so a person has to.
import { useCallback, useEffect, useState } from 'preact/hooks';
import { dayAndTime } from '../../common/dates.js';
import type { Problem } from '../../common/api.js';
import type { DeskApi, UndeliveredCheckIn } from '../service/desk-api.js';
import { DeedButton } from '../ui/deed-button.js';
import { serverNowMs } from '../ui/now.js';
import { ProblemNotice } from '../ui/problem.js';
import { useText } from '../ui/text.js';

/** They change by the quarter of an hour. */
const lookEveryMs = 30_000;

export function CheckInsNotice({ api }: { api: Pick<DeskApi, 'checkIns' | 'decideCheckIn'> }) {
  const t = useText();
  const [checkIns, setCheckIns] = useState<readonly UndeliveredCheckIn[]>([]);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const look = useCallback(async () => {
    const answer = await api.checkIns();
    // A failed look keeps what was known: the line itself is shown elsewhere.
    if (answer.ok) setCheckIns(answer.body.checkIns);
  }, [api]);
  useEffect(() => {
    void look();
    const timer = setInterval(() => void look(), lookEveryMs);
    return () => clearInterval(timer);
  }, [look]);

  if (checkIns.length === 0) return null;
  const decide = async (locator: string, decision: 'send' | 'wait'): Promise<void> => {
    setBusy(true);
    const answer = await api.decideCheckIn(locator, decision);
    // Somebody else decided, or the question arrived: the list shows that.
    setProblem(answer.ok || answer.code === 'not-undelivered' ? null : answer);
    await look();
    setBusy(false);
  };
  return (
    <section class="banner check-ins-notice" aria-labelledby="check-ins-title">
      <h3 id="check-ins-title">{t('desk.check-ins.title')}</h3>
      <p>{t('desk.check-ins.why')}</p>
      {checkIns.map(({ locator, deadlineAt }) => (
        <div class="deeds" key={locator}>
          <span class="figures">{t('desk.check-ins.due', { time: dayAndTime(Date.parse(deadlineAt), serverNowMs(), t.lang) })}</span>
          <DeedButton class="button" busy={busy} onPress={() => void decide(locator, 'send')}>
            {t('desk.check-ins.send')}
          </DeedButton>
          <DeedButton class="button-line" busy={busy} onPress={() => void decide(locator, 'wait')}>
            {t('desk.check-ins.wait')}
          </DeedButton>
        </div>
      ))}
      <ProblemNotice problem={problem} />
    </section>
  );
}
