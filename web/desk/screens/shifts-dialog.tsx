// Who has duty now and next, what lacks, how ready each tier is; and one's own calendar.
import { useRef, useState } from 'preact/hooks';
import { dayAndTime, duration } from '../../common/dates.js';
import { localText } from '../../common/i18n.js';
import { mayRemove, overrideChoices } from '../logic/shifts.js';
import { policyTiers } from '../service/desk-api.js';
import type { Person, RosterView } from '../crypto/messages.js';
import type { Duty, ShiftsApi, ShiftTier } from '../service/shifts-api.js';
import { DeedButton } from '../ui/deed-button.js';
import { Dialog } from '../ui/dialog.js';
import { useKeptFocus } from '../ui/kept-focus.js';
import { personName } from '../ui/names.js';
import { serverNowMs } from '../ui/now.js';
import { Notice, ProblemNotice } from '../ui/problem.js';
import { useServed } from '../ui/served.js';
import { useText } from '../ui/text.js';
import { OverrideForm } from './override-form.js';

export function ShiftsDialog(props: { api: ShiftsApi; roster: RosterView; me: Person; policyText: string; onClose: () => void }) {
  const t = useText();
  const { api, roster, me } = props;
  const { value: plan, busy, problem, run } = useServed(api);
  const [calendar, setCalendar] = useState<{ readonly url: string | null } | null>(null);
  const body = useRef<HTMLDivElement>(null);
  useKeptFocus(body, () => body.current?.querySelector('button') ?? null);

  const names = policyTiers(props.policyText);
  const nameOf = (tier: number, key = String(tier)): string => localText(names.find((each) => each.tier === tier)?.name ?? {}, t.lang) || key;
  const time = (iso: string): string => dayAndTime(Date.parse(iso), serverNowMs(), t.lang);
  const who = (rids: readonly string[]): string => (rids.length === 0 ? t('desk.shifts.nobody') : rids.map((rid) => personName(roster, rid, t)).join('; '));
  const choices = overrideChoices(roster, me, plan?.tiers.map(({ tier }) => tier) ?? []);

  return (
    <Dialog wide title={t('desk.shifts.title')} onClose={props.onClose}>
      <p class="secondary">{t('desk.shifts.clock')}</p>
      <ProblemNotice problem={problem} />
      <div ref={body} class="contacts" aria-busy={busy}>
        {plan === null ? <p class="secondary">{t('desk.queue.loading')}</p> : null}
        {plan?.tiers.map((tier) => <TierDuty key={tier.tier} tier={tier} name={nameOf(tier.tier, tier.key)} who={who} time={time} />)}

        {plan !== null && plan.overrides.length > 0 ? (
          <section aria-labelledby="overrides-title">
            <h3 id="overrides-title">{t('desk.shifts.overrides')}</h3>
            <ul class="contact-list">
              {plan.overrides.map((each) => (
                <li key={each.id} class="contact">
                  <p>
                    <strong>{nameOf(each.tier)}</strong> · {t('desk.shifts.span', { from: time(each.from), to: time(each.to) })}
                  </p>
                  <p>{who(each.people)}</p>
                  {each.insteadOf === null ? null : <p class="secondary">{t('desk.shifts.instead-of', { person: personName(roster, each.insteadOf, t) })}</p>}
                  {mayRemove(each, choices) ? (
                    <div class="deeds">
                      <DeedButton class="button-quiet" busy={busy} onPress={() => void run(() => api.removeOverride(each.id))}>
                        {t('desk.shifts.remove')}
                      </DeedButton>
                    </div>
                  ) : null}
                </li>
              ))}
            </ul>
          </section>
        ) : null}
        {choices.length === 0 ? null : (
          <OverrideForm choices={choices} roster={roster} nameOf={nameOf} busy={busy} onAdd={async (wanted) => (await run(() => api.override(wanted))) !== null} />
        )}

        <section class="form" aria-labelledby="calendar-title">
          <h3 id="calendar-title">{t('desk.shifts.calendar')}</h3>
          <p>{t('desk.shifts.calendar-why')}</p>
          {calendar === null || calendar.url === null ? null : (
            <label class="field">
              <span class="field-name">{t('desk.shifts.calendar-address')}</span>
              <input class="code" readOnly value={calendar.url} onFocus={(event) => event.currentTarget.select()} />
            </label>
          )}
          {calendar !== null && calendar.url === null ? <Notice tone="good" text={t('desk.shifts.calendar-closed')} /> : null}
          <div class="deeds">
            <DeedButton class="button-line" busy={busy} onPress={() => void run(() => api.openCalendar()).then((opened) => opened && setCalendar(opened.body))}>
              {t('desk.shifts.calendar-open')}
            </DeedButton>
            <DeedButton class="button-quiet" busy={busy} onPress={() => void run(() => api.closeCalendar()).then((closed) => closed && setCalendar({ url: null }))}>
              {t('desk.shifts.calendar-close')}
            </DeedButton>
          </div>
        </section>
      </div>
    </Dialog>
  );
}

function TierDuty({ tier, name, who, time }: { tier: ShiftTier; name: string; who: (rids: readonly string[]) => string; time: (iso: string) => string }) {
  const t = useText();
  const { readiness, gaps, now, next } = tier;
  const { lastDrill, keysEndAt } = readiness;
  /** For whom an office that is closed still answers. */
  const people = ({ critical, other }: Duty): string =>
    critical.length === other.length ? who(critical) : t('desk.shifts.critical-only', { critical: who(critical), other: who(other) });
  return (
    <section class="contact" aria-label={name}>
      <h3>{name}</h3>
      <p>
        <strong>{t('desk.shifts.now')}</strong> {people(now)}
      </p>
      {next === null ? null : (
        <p>
          <strong>{t('desk.shifts.next', { time: time(next.from) })}</strong> {people(next)}
        </p>
      )}
      {gaps.map(({ kind, from, to }) => (
        <p key={`${kind}${from}`} class="careful">
          {t(`desk.shifts.gap-${kind}`)} {t('desk.shifts.span', { from: time(from), to: time(to) })}
        </p>
      ))}
      <p class="secondary">
        {t('desk.shifts.reachable', { n: readiness.reachable, all: readiness.people })}
        {keysEndAt === null ? '' : ` · ${t('desk.shifts.keys-end', { time: time(keysEndAt) })}`}
        {' · '}
        {lastDrill === null
          ? t('desk.shifts.no-drill')
          : lastDrill.answeredAfterMs === null
            ? t('desk.shifts.drill-open', { time: time(lastDrill.at) })
            : t('desk.shifts.drill', { time: time(lastDrill.at), after: duration(lastDrill.answeredAfterMs, t.lang) })}
      </p>
    </section>
  );
}
