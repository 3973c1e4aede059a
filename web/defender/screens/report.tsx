import { useState } from 'preact/hooks';
import { localText } from '../../common/i18n.js';
import { regionName } from '../../common/regions.js';
import { isAllowed, readersOf } from '../compose.js';
import { useBack, usePage } from '../context.js';
import { begin, reportDraft, send } from '../current-alert.js';
import { directory } from '../directory.js';
import { useLive } from '../live.js';
import {
  answersOf,
  CONSENTS,
  consentsOf,
  emptyReport,
  suggestedSeverity,
  type ConsentName,
  type ReportDraft,
} from '../report-draft.js';
import { encryptFiles, uploadFiles } from '../upload.js';
import { Button, Check, Choices, Notice, Screen } from '../ui.js';
import { FilePicker } from './file-picker.js';
import { ListState } from './list-notice.js';
import { questions, Steps, type Step, type StepProps } from './steps.js';

const yesNoTexts = { yes: 'more.yes', no: 'more.no', unknown: 'more.unknown' } as const;
const severities = ['S1', 'S2', 'S3', 'S4'] as const;

function FilesBody({ draft, set }: StepProps) {
  return <FilePicker files={draft.files} onFiles={(files) => set({ files })} />;
}

function SeverityBody({ draft, set }: StepProps) {
  const { t } = usePage();
  return (
    <>
      <p class="hint">{t('more.ask.severity-hint')}</p>
      <Choices
        legend={t('more.ask.severity')}
        legendHidden
        value={draft.severity ?? suggestedSeverity(draft)}
        onChoose={(severity) => set({ severity })}
        options={severities.map((value) => ({ value, text: t(`more.ask.severity-${value}`) }))}
      />
    </>
  );
}

/** Organisations that could read it, by their own names. Those that need a consent are asked about on the next screens. */
function RecipientsBody({ draft, set }: StepProps) {
  const { t } = usePage();
  const state = useLive(directory);
  if (state.at !== 'ready') return <ListState />;
  const { policy, roster } = state.directory;
  const body = roster.current.body;
  const severity = draft.severity ?? suggestedSeverity(draft);
  const tiers = policy.tiers.filter((tier) => tier.by === 'people' && isAllowed(tier, { severity, consents: consentsOf({ ...draft, consents: allConsents }) }));
  const orgs = body.organisations.filter(({ id }) => tiers.some(({ tier }) => readersOf(body, tier, Date.now()).some(({ org }) => org === id)));
  const first = tiers[0];
  const firstOrgs = first === undefined ? [] : readersOf(body, first.tier, Date.now()).map(({ org }) => org);
  const noneLeft = firstOrgs.length > 0 && firstOrgs.every((org) => draft.excluded.includes(org));
  return (
    <>
      <p class="hint">{t('more.ask.recipients-hint')}</p>
      <fieldset class="choices">
        <legend class="hidden-text">{t('more.ask.recipients')}</legend>
        {orgs.map(({ id, name }) => (
          <Check
            key={id}
            checked={!draft.excluded.includes(id)}
            onChange={(checked) => set({ excluded: checked ? draft.excluded.filter((each) => each !== id) : [...draft.excluded, id] })}
            hint={tiers
              .filter(({ tier }) => readersOf(body, tier, Date.now()).some(({ org }) => org === id))
              .map((tier) => localText(tier.name, t.lang))
              .join(', ')}
          >
            {localText(name, t.lang)}
          </Check>
        ))}
      </fieldset>
      {noneLeft ? <Notice tone="warn" live>{t('more.ask.recipients-none')}</Notice> : null}
    </>
  );
}

const allConsents = { abroad: true, eu: true, un: true, family: true, publication: true } as const;

function consentStep(name: ConsentName): Step {
  return {
    id: `consent-${name}`,
    title: `more.consent.title-${name}`,
    answered: ({ consents }) => consents[name] !== null,
    // Nobody can agree to publication for somebody else.
    applies: ({ who }) => name !== 'publication' || who !== 'other',
    Body: ({ draft, set }) => <ConsentBody name={name} draft={draft} set={set} />,
  };
}

function ConsentBody({ name, draft, set }: StepProps & { name: ConsentName }) {
  const { t } = usePage();
  const given = draft.consents[name];
  return (
    <>
      <p>{t(`more.consent.note-${name}`)}</p>
      <Choices
        legend={t(`more.consent.title-${name}`)}
        legendHidden
        value={given === null ? null : given ? 'yes' : 'no'}
        onChoose={(value) => set({ consents: { ...draft.consents, [name]: value === 'yes' } })}
        options={[
          { value: 'yes', text: t('more.consent.agree') },
          { value: 'no', text: t('more.consent.refuse') },
        ]}
      />
    </>
  );
}

const reportSteps: readonly Step[] = [
  ...questions,
  { id: 'files', title: 'more.ask.files', answered: ({ files }) => files.length > 0, Body: FilesBody },
  { id: 'severity', title: 'more.ask.severity', answered: () => true, Body: SeverityBody },
  { id: 'recipients', title: 'more.ask.recipients', answered: () => true, Body: RecipientsBody },
  ...CONSENTS.map(consentStep),
];

export function ReportScreen() {
  const { go } = usePage();
  const draft = useLive(reportDraft);
  const [index, setIndex] = useState(0);
  const [reviewing, setReviewing] = useState(false);
  const steps = reportSteps.filter(({ applies }) => applies === undefined || applies(draft));
  if (reviewing) {
    return (
      <Review
        draft={draft}
        steps={steps}
        onStep={(id) => {
          setIndex(Math.max(0, steps.findIndex((step) => step.id === id)));
          setReviewing(false);
        }}
        onBack={() => setReviewing(false)}
      />
    );
  }
  return (
    <Steps
      steps={steps}
      draft={draft}
      set={(change) => reportDraft.set({ ...reportDraft.get(), ...change })}
      index={Math.min(index, steps.length - 1)}
      onIndex={setIndex}
      onOut={() => go('home')}
      onEnd={() => setReviewing(true)}
    />
  );
}

/** Everything once more before it is sealed, each line with the way back to its question. */
function Review(props: { draft: ReportDraft; steps: readonly Step[]; onStep: (id: string) => void; onBack: () => void }) {
  const { t, go } = usePage();
  const { draft } = props;
  const state = useLive(directory);
  useBack(props.onBack);
  const lines = useReviewLines(draft);
  const content = lines.filter(({ id }) => !id.startsWith('consent-') && id !== 'severity' && id !== 'recipients');
  const sendable = state.at === 'ready' && !state.directory.roster.expired;
  return (
    <Screen title={t('more.review.title')}>
      {content.length === 0 ? <Notice tone="calm">{t('more.review.empty')}</Notice> : null}
      <dl class="review">
        {lines.map(({ id, label, text }) => (
          <div key={id}>
            <dt>{label}</dt>
            <dd>
              <span>{text}</span>
              <button type="button" class="button button-quiet" onClick={() => props.onStep(id)} aria-label={`${t('more.review.change')}: ${label}`}>
                {t('more.review.change')}
              </button>
            </dd>
          </div>
        ))}
      </dl>
      {sendable ? (
        <Button
          tone="main"
          onPress={() => {
            void submit(t.lang, draft);
            go('alert');
          }}
        >
          {t('more.review.send')}
        </Button>
      ) : (
        <>
          <ListState />
          {state.at === 'loading' ? <p class="quiet">{t('more.review.not-ready')}</p> : null}
        </>
      )}
    </Screen>
  );
}

function useReviewLines(draft: ReportDraft): { readonly id: string; readonly label: string; readonly text: string }[] {
  const { t } = usePage();
  const state = useLive(directory);
  const yesNo = (value: 'yes' | 'no' | 'unknown' | null): string => (value === null ? '' : t(yesNoTexts[value]));
  const region = draft.region === '' ? '' : regionName(draft.region, t.lang);
  const organisations = state.at === 'ready' ? state.directory.roster.current.body.organisations : [];
  const out = organisations.filter(({ id }) => draft.excluded.includes(id)).map(({ name }) => `− ${localText(name, t.lang)}`);
  const lines = [
    { id: 'who', label: t('more.ask.who'), text: draft.who === null ? '' : t(`more.ask.who-${draft.who}`) },
    { id: 'what', label: t('more.ask.what'), text: draft.what.trim() },
    { id: 'where', label: t('more.ask.where'), text: [region, draft.where.trim()].filter(Boolean).join(', ') },
    { id: 'when', label: t('more.ask.when'), text: draft.when.trim() },
    { id: 'hurt', label: t('more.ask.hurt'), text: yesNo(draft.hurt) },
    { id: 'hurt', label: t('more.ask.medical'), text: yesNo(draft.medical) },
    { id: 'held', label: t('more.ask.held'), text: [yesNo(draft.held), draft.holder.trim()].filter(Boolean).join(', ') },
    { id: 'lawyer', label: t('more.ask.lawyer'), text: yesNo(draft.lawyer) },
    { id: 'children', label: t('more.ask.children'), text: yesNo(draft.children) },
    {
      id: 'contact',
      label: t('more.ask.contact'),
      text: [draft.contact.trim(), draft.neverCall ? t('more.ask.never-call') : ''].filter(Boolean).join('. '),
    },
    { id: 'files', label: t('more.ask.files'), text: draft.files.map(({ name }) => name).join(', ') },
    { id: 'severity', label: t('more.ask.severity'), text: t(`more.ask.severity-${draft.severity ?? suggestedSeverity(draft)}`) },
    { id: 'recipients', label: t('more.ask.recipients'), text: out.join(', ') },
    ...CONSENTS.map((name) => ({
      id: `consent-${name}`,
      label: t(`more.consent.short-${name}`),
      text: t(consentsOf(draft)[name] ? 'more.review.allowed' : 'more.review.not-allowed'),
    })),
  ];
  return lines.filter(({ id, text }) => text !== '' && !(id === 'consent-publication' && draft.who === 'other'));
}

/** Encrypts the files, seals, sends, and uploads the files once the report itself was received. */
async function submit(lang: Parameters<typeof begin>[1], draft: ReportDraft): Promise<void> {
  const session = begin('report', lang);
  const at = Date.now();
  const contentKey = crypto.getRandomValues(new Uint8Array(32));
  const files = await encryptFiles(draft.files, contentKey);
  const received = await send(session, {
    t: 'report',
    choices: {
      severity: draft.severity ?? suggestedSeverity(draft),
      consents: consentsOf(draft),
      excluded: draft.excluded,
      gated: true,
    },
    answers: answersOf(draft),
    ...(files.length > 0 ? { files: { contentKey, entries: files.map(({ entry }) => entry) } } : {}),
    at,
  });
  if (!received) return;
  // Received: nothing of it stays on the page but what the alert's own screen needs.
  reportDraft.set(emptyReport);
  const state = directory.get();
  if (state.at === 'ready') await uploadFiles(session, files, state.directory.limits);
}
