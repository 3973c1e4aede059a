// The questions that a prepared button and a check-in share.
import { useState } from 'preact/hooks';
import { isAllowed, readersOf } from '../defender/compose.js';
import { usePage } from '../defender/context.js';
import { directory } from '../defender/directory.js';
import { useLive } from '../defender/live.js';
import { ListState } from '../defender/screens/list-notice.js';
import { Check, Notice, TextField } from '../defender/ui.js';
import { localText } from '../common/i18n.js';
import { isPhraseLongEnough, maxTextLength, type PacketDraft } from './seal-packet.js';

export type FormDraft = Omit<PacketDraft, 't' | 'lang'> & { readonly phraseAgain: string };

export const emptyForm: FormDraft = { text: '', consents: { abroad: true, eu: true }, excluded: [], phrase: '', phraseAgain: '' };

/** Why the form cannot be sealed yet; null when it can. */
export function formFault({ phrase, phraseAgain }: FormDraft): 'phrase-short' | 'phrase-differs' | null {
  if (!isPhraseLongEnough(phrase)) return 'phrase-short';
  return phrase.trim() === phraseAgain.trim() ? null : 'phrase-differs';
}

/** Brings the first wrong field into view, once it is drawn: on a phone it may lie far above the button. */
export function showFirstFault(): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}

export function useForm(): { readonly form: FormDraft; readonly set: (change: Partial<FormDraft>) => void } {
  const [form, setForm] = useState(emptyForm);
  return { form, set: (change) => setForm((before) => ({ ...before, ...change })) };
}

/** Text, audience and phrase. `faultShown`: say what is wrong instead of waiting for it. */
export function PacketForm(props: { form: FormDraft; set: (change: Partial<FormDraft>) => void; faultShown: boolean }) {
  const { t } = usePage();
  const { form, set, faultShown } = props;
  const fault = faultShown ? formFault(form) : null;
  return (
    <>
      <TextField label={t('miniApp.form.text')} hint={t('miniApp.form.text-hint', { n: maxTextLength })} rows={4} value={form.text} onInput={(text) => set({ text: text.slice(0, maxTextLength) })} />
      <Audience form={form} set={set} />
      <TextField
        label={t('miniApp.form.phrase')}
        hint={t('miniApp.form.phrase-hint')}
        value={form.phrase}
        onInput={(phrase) => set({ phrase })}
        error={fault === 'phrase-short' ? t('miniApp.form.phrase-short') : undefined}
      />
      {form.phrase.trim() === '' ? null : (
        <TextField
          label={t('miniApp.form.phrase-again')}
          value={form.phraseAgain}
          onInput={(phraseAgain) => set({ phraseAgain })}
          error={fault === 'phrase-differs' ? t('miniApp.form.phrase-differs') : undefined}
        />
      )}
    </>
  );
}

/** Who gets a key: organisations by their own names, and the two audiences that need a consent. */
function Audience({ form, set }: { form: FormDraft; set: (change: Partial<FormDraft>) => void }) {
  const { t } = usePage();
  const state = useLive(directory);
  if (state.at !== 'ready') return <ListState />;
  const { policy, roster } = state.directory;
  const body = roster.current.body;
  const tiers = policy.tiers.filter((tier) => tier.by === 'people' && tier.consent === null && isAllowed(tier, { severity: 'S1', consents: nothingMore }));
  const orgs = body.organisations.filter(({ id }) => tiers.some(({ tier }) => readersOf(body, tier, Date.now()).some(({ org }) => org === id)));
  const noneLeft = orgs.length > 0 && orgs.every(({ id }) => form.excluded.includes(id));
  return (
    <fieldset class="choices">
      <legend class="label">{t('miniApp.form.who')}</legend>
      {orgs.map(({ id, name }) => (
        <Check
          key={id}
          checked={!form.excluded.includes(id)}
          onChange={(checked) => set({ excluded: checked ? form.excluded.filter((each) => each !== id) : [...form.excluded, id] })}
        >
          {localText(name, t.lang)}
        </Check>
      ))}
      {noneLeft ? <Notice tone="warn" live>{t('more.ask.recipients-none')}</Notice> : null}
      <Check checked={form.consents.abroad} hint={t('more.consent.note-abroad')} onChange={(abroad) => set({ consents: { ...form.consents, abroad } })}>
        {t('more.consent.short-abroad')}
      </Check>
      <Check checked={form.consents.eu} hint={t('more.consent.note-eu')} onChange={(eu) => set({ consents: { ...form.consents, eu } })}>
        {t('more.consent.short-eu')}
      </Check>
    </fieldset>
  );
}

const nothingMore = { responders: true, abroad: false, eu: false, un: false, publication: false, family: false } as const;
