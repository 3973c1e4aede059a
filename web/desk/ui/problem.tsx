// Why something did not work, in a sentence that says what to do.
import type { Problem } from '../../common/api.js';
import type { MessageKey } from '../../common/i18n.js';
import { useText } from './text.js';

const known: Readonly<Record<string, MessageKey>> = {
  'line-cut': 'desk.problem.line-cut',
  'line-timeout': 'desk.problem.line-cut',
  'line-cancelled': 'desk.problem.line-cut',
  'line-foreign': 'desk.problem.line-foreign',
  'already-closed': 'desk.problem.already-closed',
  'stale-gen': 'desk.problem.stale-gen',
  'future-gen': 'desk.problem.stale-gen',
  'not-now': 'desk.problem.stale-gen',
  'already-answered': 'desk.problem.already-answered',
  'not-acknowledged': 'desk.problem.not-acknowledged',
  'not-owner': 'desk.problem.not-owner',
  'not-asked': 'desk.problem.not-owner',
  'last-tier': 'desk.problem.last-tier',
  'nobody-reachable': 'desk.problem.nobody-reachable',
  'target-cannot-open': 'desk.hand-over.nobody',
  'too-many-messages': 'desk.problem.too-many-messages',
  'too-many-requests': 'desk.problem.too-many-requests',
  crosses: 'desk.problem.crosses',
  'not-your-organisation': 'desk.problem.not-your-organisation',
  'snooze-not-allowed': 'desk.problem.snooze-not-allowed',
  'snooze-too-long': 'desk.problem.snooze-too-long',
  'too-soon': 'desk.contacts.too-soon',
  'wrong-code': 'desk.contacts.wrong-code',
  'no-open-proof': 'desk.contacts.no-open-proof',
  'last-contact': 'desk.contacts.last-contact',
  'too-many-contacts': 'desk.contacts.too-many',
  'not-handed-over': 'desk.contacts.not-handed-over',
  'device-blocked': 'desk.contacts.device-blocked',
  'device-no-service': 'desk.contacts.device-no-service',
  'device-silent': 'desk.contacts.device-silent',
  'database-down': 'desk.problem.database-down',
};

/** The message key for a refusal of the service. */
export function problemKey(problem: Problem): MessageKey {
  const key = known[problem.code];
  if (key !== undefined) return key;
  if (problem.status === 404) return 'desk.problem.not-found';
  if (problem.status >= 500) return 'desk.problem.database-down';
  return 'desk.problem.refused';
}

/** A message that appears after an attempt; announced at once. */
export function Notice(props: { text: string; tone?: 'bad' | 'good' }) {
  const { text, tone = 'bad' } = props;
  return (
    <p class={`notice notice-${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      {text}
    </p>
  );
}

export function ProblemNotice({ problem }: { problem: Problem | null }) {
  const t = useText();
  return problem === null ? null : <Notice text={t(problemKey(problem), { code: problem.code })} />;
}
