import type pg from 'pg';
import type { Policy } from '../../src/domain/policy.js';
import type { Severity } from '../../src/domain/severity.js';

/** All that the tables say about one alert. Times are milliseconds since 1970 by the database's clock. */
export interface AlertFacts {
  /** 32 hexadecimal digits. */
  readonly id: string;
  readonly severity: Severity;
  /** Tiers that the sender allowed. */
  readonly tiers: readonly number[];
  readonly policy: Policy;
  readonly receivedAt: number;
  readonly timer: {
    readonly state: string;
    readonly tier: number;
    readonly loop: number;
    readonly gen: number;
    readonly roundGen: number;
    readonly dueAt: number | null;
    readonly owner: string | null;
  };
  readonly entries: readonly { readonly gen: number; readonly tier: number; readonly outcome: string; readonly reason: string | null; readonly at: number }[];
  readonly deliveries: readonly DeliveryFacts[];
  readonly events: readonly EventFacts[];
}

export interface DeliveryFacts {
  readonly id: string;
  readonly gen: number;
  readonly tier: number;
  readonly purpose: string;
  readonly nth: number;
  readonly contactId: string;
  readonly channel: string;
  /** Whose breaker and limit it stands behind. */
  readonly provider: string;
  /** What the provider called it; null when it does not say. */
  readonly providerMessageId: string | null;
  /** Of the contact: 'responder', 'duty_desk' or 'operator'; null when there is no such contact in the alert's coalition. */
  readonly recipient: string | null;
  readonly org: string | null;
  readonly state: string;
  readonly attempt: number;
  /** `startedAt` is true time also where the test moved the database's clock. */
  readonly attempts: readonly { readonly attempt: number; readonly startedAt: number; readonly outcome: string | null }[];
}

export interface EventFacts {
  readonly n: number;
  readonly type: string;
  readonly tier: number | null;
  readonly rid: string | null;
  readonly at: number;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

export interface Facts {
  readonly alerts: readonly AlertFacts[];
  /** Organisation by person. */
  readonly orgs: ReadonlyMap<string, string>;
}

/** Reads everything that the checks need, in one snapshot. */
export async function readFacts(owner: pg.Client): Promise<Facts> {
  await owner.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    const { rows } = await owner.query<{ facts: Omit<AlertFacts, 'events'> & { events: (Omit<EventFacts, 'body'> & { body: string })[] } }>(ALERTS);
    const { rows: people } = await owner.query<{ rid: string; org: string }>(`SELECT encode(rid, 'hex') AS rid, org FROM responder`);
    return {
      alerts: rows.map(({ facts }) => ({ ...facts, events: facts.events.map((event) => ({ ...event, body: Buffer.from(event.body, 'hex') })) })),
      orgs: new Map(people.map(({ rid, org }) => [rid, org])),
    };
  } finally {
    await owner.query('COMMIT');
  }
}

const ms = (column: string): string => `floor(extract(epoch FROM ${column}) * 1000)::bigint`;
const list = (select: string): string => `coalesce((${select}), '[]'::json)`;

const ALERTS = `
  SELECT json_build_object(
    'id', encode(a.alert_id, 'hex'), 'severity', a.severity, 'tiers', a.tiers, 'policy', p.body, 'receivedAt', ${ms('a.received_at')},
    'timer', json_build_object('state', t.state, 'tier', t.tier, 'loop', t.loop, 'gen', t.gen, 'roundGen', t.round_gen,
                               'dueAt', ${ms('t.due_at')}, 'owner', encode(t.owner_rid, 'hex')),
    'entries', ${list(`SELECT json_agg(json_build_object('gen', e.gen, 'tier', e.tier, 'outcome', e.outcome, 'reason', e.reason, 'at', ${ms('e.entered_at')}) ORDER BY e.gen, e.tier)
                       FROM tier_entry e WHERE e.coalition_id = a.coalition_id AND e.alert_id = a.alert_id`)},
    'deliveries', ${list(`SELECT json_agg(json_build_object('id', d.delivery_id, 'gen', d.gen, 'tier', d.tier, 'purpose', d.purpose, 'nth', d.nth,
                            'contactId', d.contact_id, 'channel', d.channel, 'provider', coalesce(c.provider, d.channel), 'providerMessageId', d.provider_message_id,
                            'recipient', c.purpose, 'org', r.org, 'state', d.state, 'attempt', d.attempt,
                            'attempts', ${list(`SELECT json_agg(json_build_object('attempt', x.attempt, 'startedAt', ${ms('x.started_at')}, 'outcome', x.outcome) ORDER BY x.attempt)
                                               FROM delivery_attempt x WHERE x.coalition_id = d.coalition_id AND x.delivery_id = d.delivery_id`)}) ORDER BY d.gen, d.delivery_id)
                          FROM delivery d LEFT JOIN contact c USING (coalition_id, contact_id) LEFT JOIN responder r ON r.coalition_id = c.coalition_id AND r.rid = c.rid
                          WHERE d.coalition_id = a.coalition_id AND d.alert_id = a.alert_id`)},
    'events', ${list(`SELECT json_agg(json_build_object('n', v.n, 'type', v.type, 'tier', v.tier, 'rid', encode(v.actor_rid, 'hex'), 'at', ${ms('v.at')},
                        'detail', coalesce(v.detail, '{}'::jsonb), 'body', encode(v.body, 'hex')) ORDER BY v.n)
                      FROM event v WHERE v.coalition_id = a.coalition_id AND v.alert_id = a.alert_id`)}
  ) AS facts
  FROM alert a JOIN alert_timer t USING (coalition_id, alert_id)
  JOIN policy_version p ON p.coalition_id = a.coalition_id AND p.policy_version_id = a.policy_version_id`;
