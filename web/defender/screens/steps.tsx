// One question a screen. The same questions serve a report and the follow-up to a panic.
import type { ComponentChildren } from 'preact';
import type { MessageKey } from '../../common/i18n.js';
import { REGIONS } from '../../common/regions.js';
import { useBack, usePage } from '../context.js';
import type { ReportDraft, YesNo } from '../report-draft.js';
import { Check, Choices, Screen, Select, TextField } from '../ui.js';

export interface StepProps {
  readonly draft: ReportDraft;
  readonly set: (change: Partial<ReportDraft>) => void;
}

export interface Step {
  readonly id: string;
  readonly title: MessageKey;
  /** Whether anything was answered: the button then says "Next" instead of "Skip". */
  readonly answered: (draft: ReportDraft) => boolean;
  readonly Body: (props: StepProps) => ComponentChildren;
  /** False leaves the step out, given the answers so far. */
  readonly applies?: (draft: ReportDraft) => boolean;
}

/** Leads through steps; back keeps every answer. `index` lives with the caller, who may send a person to one step. */
export function Steps(props: {
  steps: readonly Step[];
  draft: ReportDraft;
  set: (change: Partial<ReportDraft>) => void;
  index: number;
  onIndex: (index: number) => void;
  onOut: () => void;
  onEnd: () => void;
}) {
  const { t } = usePage();
  const { steps, draft, index } = props;
  const step = steps[index];
  useBack(() => (index === 0 ? props.onOut() : props.onIndex(index - 1)));
  if (step === undefined) return null;
  const next = (): void => (index + 1 < steps.length ? props.onIndex(index + 1) : props.onEnd());
  const { Body } = step;
  return (
    <Screen
      key={step.id}
      title={
        <>
          <span class="step-number figures">{t('more.report.step', { n: index + 1, of: steps.length })}</span>
          {t(step.title)}
        </>
      }
    >
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          next();
        }}
      >
        <Body draft={draft} set={props.set} />
        <button type="submit" class="button button-main">
          {t(step.answered(draft) ? 'defender.next' : 'more.skip')}
        </button>
      </form>
    </Screen>
  );
}

function YesNoChoice(props: { title: MessageKey; value: YesNo | null; onChoose: (value: YesNo) => void; hideLegend?: boolean }) {
  const { t } = usePage();
  return (
    <Choices
      legend={t(props.title)}
      legendHidden={props.hideLegend ?? false}
      value={props.value}
      onChoose={props.onChoose}
      options={[
        { value: 'yes', text: t('more.yes') },
        { value: 'no', text: t('more.no') },
        { value: 'unknown', text: t('more.unknown') },
      ]}
    />
  );
}

function WhenBody({ draft, set }: StepProps) {
  const { t } = usePage();
  const quick = (['more.ask.when-now', 'more.ask.when-today', 'more.ask.when-yesterday'] as const).map((key) => t(key));
  return (
    <>
      <Choices
        legend={t('more.ask.when')}
        legendHidden
        value={quick.find((text) => text === draft.when) ?? null}
        options={quick.map((text) => ({ value: text, text }))}
        onChoose={(when) => set({ when })}
      />
      <TextField label={t('more.ask.when-words')} value={quick.includes(draft.when) ? '' : draft.when} onInput={(when) => set({ when })} />
    </>
  );
}

function HeldBody({ draft, set }: StepProps) {
  const { t } = usePage();
  return (
    <>
      <YesNoChoice title="more.ask.held" hideLegend value={draft.held} onChoose={(held) => set({ held })} />
      {/* The rest of the question opens only for those whom it concerns. */}
      {draft.held === 'yes' ? (
        <>
          <TextField label={t('more.ask.holder')} rows={2} value={draft.holder} onInput={(holder) => set({ holder })} />
          <TextField
            label={t('more.ask.detained-at')}
            type="datetime-local"
            value={draft.detainedAt}
            onInput={(detainedAt) => set({ detainedAt })}
          />
        </>
      ) : null}
    </>
  );
}

function ContactBody({ draft, set }: StepProps) {
  const { t } = usePage();
  return (
    <>
      <TextField
        label={t('more.ask.contact')}
        labelHidden
        hint={t('more.ask.contact-hint')}
        rows={3}
        value={draft.contact}
        onInput={(contact) => set({ contact })}
      />
      <Check checked={draft.neverCall} onChange={(neverCall) => set({ neverCall })}>
        {t('more.ask.never-call')}
      </Check>
    </>
  );
}

function WhereBody({ draft, set }: StepProps) {
  const { t } = usePage();
  return (
    <>
      <Select
        label={t('more.ask.region')}
        value={draft.region}
        options={[
          { value: '', text: t('more.ask.region-none') },
          ...REGIONS.map(({ iso, name }) => ({ value: iso, text: name[t.lang] })),
        ]}
        onInput={(region) => set({ region })}
      />
      <TextField label={t('more.ask.place')} rows={2} value={draft.where} onInput={(where) => set({ where })} />
    </>
  );
}

function WhoBody({ draft, set }: StepProps) {
  const { t } = usePage();
  return (
    <Choices
      legend={t('more.ask.who')}
      legendHidden
      value={draft.who}
      onChoose={(who) => set({ who })}
      options={[
        { value: 'me', text: t('more.ask.who-me') },
        { value: 'other', text: t('more.ask.who-other') },
      ]}
    />
  );
}

function WhatBody({ draft, set }: StepProps) {
  const { t } = usePage();
  return (
    <TextField
      label={t('more.ask.what')}
      labelHidden
      hint={`${t('more.ask.what-hint')} ${t('more.report.draft')}`}
      rows={7}
      value={draft.what}
      onInput={(what) => set({ what })}
    />
  );
}

function HurtBody({ draft, set }: StepProps) {
  return (
    <>
      <YesNoChoice title="more.ask.hurt" hideLegend value={draft.hurt} onChoose={(hurt) => set({ hurt })} />
      <YesNoChoice title="more.ask.medical" value={draft.medical} onChoose={(medical) => set({ medical })} />
    </>
  );
}

/** The questions about what happened, in the order in which a responder needs them. */
export const questions: readonly Step[] = [
  { id: 'who', title: 'more.ask.who', answered: ({ who }) => who !== null, Body: WhoBody },
  { id: 'what', title: 'more.ask.what', answered: ({ what }) => what.trim() !== '', Body: WhatBody },
  { id: 'where', title: 'more.ask.where', answered: ({ region, where }) => region !== '' || where.trim() !== '', Body: WhereBody },
  { id: 'when', title: 'more.ask.when', answered: ({ when }) => when.trim() !== '', Body: WhenBody },
  { id: 'hurt', title: 'more.ask.hurt', answered: ({ hurt, medical }) => hurt !== null || medical !== null, Body: HurtBody },
  { id: 'held', title: 'more.ask.held', answered: ({ held }) => held !== null, Body: HeldBody },
  {
    id: 'lawyer',
    title: 'more.ask.lawyer',
    answered: ({ lawyer }) => lawyer !== null,
    Body: ({ draft, set }) => <YesNoChoice title="more.ask.lawyer" hideLegend value={draft.lawyer} onChoose={(lawyer) => set({ lawyer })} />,
  },
  {
    id: 'children',
    title: 'more.ask.children',
    answered: ({ children }) => children !== null,
    Body: ({ draft, set }) => (
      <YesNoChoice title="more.ask.children" hideLegend value={draft.children} onChoose={(children) => set({ children })} />
    ),
  },
  {
    id: 'contact',
    title: 'more.ask.contact',
    answered: ({ contact, neverCall }) => contact.trim() !== '' || neverCall,
    Body: ContactBody,
  },
];
