import { useState } from 'preact/hooks';
import { sendAddition } from '../additions.js';
import { useBack, usePage } from '../context.js';
import { answersOf, emptyReport } from '../report-draft.js';
import type { AlertSession } from '../session.js';
import { Button, Notice, Screen } from '../ui.js';
import { Readers, useReaders } from './readers.js';
import { questions, Steps } from './steps.js';

/** The questions that a panic did not wait for; all answers go out as one addition. */
export function AnswerScreen(props: { session: AlertSession; onDone: () => void }) {
  const { session, onDone } = props;
  const [draft, setDraft] = useState(emptyReport);
  const [index, setIndex] = useState(0);
  const [ended, setEnded] = useState(false);
  if (!ended) {
    return (
      <Steps
        steps={questions}
        draft={draft}
        set={(change) => setDraft((before) => ({ ...before, ...change }))}
        index={index}
        onIndex={setIndex}
        onOut={onDone}
        onEnd={() => setEnded(true)}
      />
    );
  }
  return <SendAnswers session={session} answers={answersOf(draft)} onBack={() => setEnded(false)} onDone={onDone} />;
}

function SendAnswers(props: { session: AlertSession; answers: ReturnType<typeof answersOf>; onBack: () => void; onDone: () => void }) {
  const { t } = usePage();
  const { session, answers } = props;
  useBack(props.onBack);
  const { choices, change } = useReaders(session);
  const empty = Object.keys(answers).length === 0;
  return (
    <Screen title={t('more.review.title')}>
      {empty ? <Notice tone="calm">{t('more.add.empty')}</Notice> : <Readers session={session} choices={choices} onChange={change} />}
      <Button
        tone="main"
        onPress={() => {
          if (!empty && choices !== null) void sendAddition(session, { kind: 'followup', text: '', answers }, choices);
          if (empty || choices !== null) props.onDone();
        }}
      >
        {t(empty ? 'defender.back' : 'more.review.send')}
      </Button>
    </Screen>
  );
}
