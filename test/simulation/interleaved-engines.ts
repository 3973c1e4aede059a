import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { AttemptOutcome } from '../../src/domain/delivery-outcome.js';
import { CHANNELS, type Channels } from '../../src/delivery/channel.js';
import { claimDeliveries, findAbandoned } from '../../src/delivery/claim-deliveries.js';
import { Settlement } from '../../src/delivery/settle.js';
import { Acts } from '../../src/escalation/acts.js';
import { Policies } from '../../src/escalation/policies.js';
import { Tick } from '../../src/escalation/tick.js';
import { EvidenceLog } from '../../src/evidence/evidence-log.js';
import { Database } from '../../src/platform/database/database.js';
import { ContactBook } from '../../src/roster/contact-book.js';
import { testApp, type TestApp } from '../support/app.js';
import type { Person } from '../support/coalition.js';
import { testDatabaseUrl } from '../support/database.js';
import { submit } from '../support/desk-client.js';
import { sendingTo } from '../support/ladder.js';
import { startMailSink, type MailSink } from '../support/mail-sink.js';
import { sealAlert, signAct, type SealedAlert } from '../support/sealed-alert.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';
import { shortLadder } from '../e2e/support/world.js';
import { checkFacts } from './check-facts.js';
import type { Draw } from './draw.js';
import { readFacts } from './facts.js';
import { gatedChannel, GatedDatabase, interleave, type Gate } from './gates.js';
import { installMovedClock, moveClock } from './moved-clock.js';

const stepMs = 60_000;
const leaseMs = 30_000;
const batch = 3;

/**
 * Several engines and senders on one PostgreSQL, in one process: the parts of the service that tick, take, send and
 * settle, each on a database and a channel with gates, so that the order of their steps is drawn and not left to luck.
 */
export class InterleavedEngines {
  private clockMs = 0;
  private readonly acknowledged: { alertId: string; gen: number; at: number }[] = [];

  private constructor(
    private readonly app: TestApp,
    private readonly owner: pg.Client,
    private readonly sink: MailSink,
    private readonly database: Database,
    private readonly coalition: StoredCoalition,
    private readonly drop: () => Promise<void>,
  ) {}

  static async open(owner: (url: string) => Promise<pg.Client>): Promise<InterleavedEngines> {
    const { url, drop } = await testDatabaseUrl();
    const client = await owner(url);
    await installMovedClock(client, new URL(url).pathname.slice(1));
    const sink = await startMailSink();
    // Only the doors: ticks and sends are what this test does itself.
    const app = await testApp({ config: { ...sendingTo(sink.port), instance: { roles: ['http'] } }, databaseUrl: url });
    const coalition = await demoCoalition(app.database, { policy: shortLadder(stepMs), contacts: app.service.app.get(ContactBook) });
    const database = await Database.open({ url, poolSize: 12 });
    return new InterleavedEngines(app, client, sink, database, coalition, drop);
  }

  /** Some alerts, some steps of the ladder, everybody at once; then everything that is left, and the checks. */
  async scenario(draw: Draw): Promise<{ readonly trace: string[]; readonly found: string[] }> {
    const alerts = Array.from({ length: 2 + draw.below(2) }, () => sealAlert(this.coalition, { severity: draw.pick(['S1', 'S1', 'S2']), t: 'panic' }));
    for (const alert of alerts) await submit(this.app.url, alert);
    await this.editPolicy();
    const trace: string[] = [];
    for (let phase = 0; phase < 3; phase++) {
      trace.push(...(await interleave(draw, this.actors(draw, alerts))));
      await this.passTime(stepMs + 1_000);
    }
    // A ladder that does not end is a fault as well, but which rule was broken first says more.
    const ended = await this.finish(alerts);
    const facts = await readFacts(this.owner);
    const sent = this.sink.mails.map(({ messageId, at }) => ({ deliveryId: messageId.replace(/^<|@.*$/g, ''), at }));
    const found = checkFacts(this.coalition.p, facts, sent, { acknowledged: this.acknowledged, clockMoved: new Set(), afterUnreachable: null });
    return { trace, found: [...found.map(({ message }) => message), ...(ended ? [] : ['the ladder does not end'])] };
  }

  async close(): Promise<void> {
    await this.database.close();
    await this.app.stop();
    await this.sink.stop();
    await this.owner.end();
    await this.drop();
  }

  /** 17: from the next version on one tier is left out and the others have ten times as long; none of these alerts may notice. */
  private async editPolicy(): Promise<void> {
    const { body } = this.coalition.policy;
    const after = (at: number) => ({ S1: at * 10 * stepMs, S2: at * 10 * stepMs, S3: at * 10 * stepMs, S4: at * 10 * stepMs });
    const tiers = body.tiers.filter(({ tier }) => tier !== 2).map((tier, at) => (tier.afterMs.S1 === null ? tier : { ...tier, afterMs: after(at) }));
    const policies = new Policies(new EvidenceLog(this.coalition.p));
    const published = await this.database.transaction((tx) => policies.publish(tx, 1, { ...body, version: body.version + 1, tiers }));
    if ('refused' in published) throw new Error(`the edited policy was refused: ${published.refused}`);
  }

  private actors(draw: Draw, alerts: readonly SealedAlert[]) {
    const { osh, lawyer } = this.coalition.people;
    const answering = draw.pick(alerts);
    const all = [
      { name: 'engine 1', act: (gate: Gate) => this.tick(gate) },
      { name: 'engine 2', act: (gate: Gate) => this.tick(gate) },
      { name: 'sender 1', act: (gate: Gate) => this.send(gate) },
      { name: 'sender 2', act: (gate: Gate) => this.send(gate) },
      { name: 'rescuer', act: (gate: Gate) => this.rescue(gate) },
      { name: 'clock', act: async (gate: Gate) => { await gate('clock forward'); await this.passTime(draw.pick([31_000, 61_000])); } },
      { name: 'osh', act: (gate: Gate) => this.acknowledge(gate, osh, answering) },
      { name: 'lawyer', act: (gate: Gate) => this.acknowledge(gate, lawyer, answering) },
    ];
    return all.filter(({ name }) => name.startsWith('engine') || name === 'sender 1' || draw.oneIn(2));
  }

  private async tick(gate: Gate): Promise<void> {
    const log = new EvidenceLog(this.coalition.p);
    const tick = new Tick(new GatedDatabase(this.database, gate), new Policies(log), log);
    await tick.pass(batch, true);
    await tick.pass(batch, true);
  }

  private async send(gate: Gate): Promise<void> {
    const database = new GatedDatabase(this.database, gate);
    const settlement = this.settlement(database);
    const contacts = this.app.service.app.get(ContactBook);
    for (const { deliveryId, alertId, coalitionId, contactId, addressSealed, channel, attempt, ...message } of await claimDeliveries(database, { limit: 2, leaseMs, providers: { without: [] }, withoutContacts: [] })) {
      const real = this.app.service.app.get<Channels>(CHANNELS).get(channel);
      if (!real || addressSealed === null) throw new Error('a message without a channel or an address');
      const address = contacts.openAddress({ coalitionId, contactId, addressSealed });
      const tag = contacts.tagOf(coalitionId, contactId, alertId);
      const outcome: AttemptOutcome = await gatedChannel(real, gate).send({ deliveryId, address, tag, ...message }, { signal: AbortSignal.timeout(10_000) });
      await settlement.finish({ coalitionId, deliveryId, alertId, attempt }, outcome, 0.5);
    }
  }

  private async rescue(gate: Gate): Promise<void> {
    const database = new GatedDatabase(this.database, gate);
    const settlement = this.settlement(database);
    for (const key of await findAbandoned(database, 10)) await settlement.abandon(key, 0.5);
  }

  private async acknowledge(gate: Gate, person: Person, alert: SealedAlert): Promise<void> {
    const { rows } = await this.owner.query<{ gen: number }>('SELECT gen FROM alert_timer WHERE alert_id = $1', [Buffer.from(alert.alertId)]);
    const gen = rows[0]?.gen ?? 1;
    const signed = signAct(this.coalition, person, alert, { type: 'ack', prevEventHash: new Uint8Array(32), gen });
    const actor = { rid: person.rid, org: person.org, tier: person.tiers[0] ?? 1 };
    const act = { coalitionId: 1, alertId: alert.alertId, actor, gen, statement: signed.bytes, signature: signed.signature, proof: new Uint8Array(32) };
    const done = await new GatedDatabase(this.database, gate).transaction((tx) => this.app.service.app.get(Acts).acknowledge(tx, act));
    if ('meaning' in done && done.meaning === 'owner') this.acknowledged.push({ alertId: alert.alertIdHex, gen: done.gen, at: Date.now() });
  }

  private settlement(database: Database): Settlement {
    const log = new EvidenceLog(this.coalition.p);
    return new Settlement(database, new Policies(log), log, this.app.service.app.get(ContactBook));
  }

  private async passTime(ms: number): Promise<void> {
    this.clockMs += ms;
    await moveClock(this.owner, this.clockMs);
  }

  /** Without gates, until every message has gone out and every alert that nobody has is at the end of its ladder. */
  private async finish(alerts: readonly SealedAlert[]): Promise<boolean> {
    const open: Gate = () => Promise.resolve();
    const ids = alerts.map(({ alertId }) => Buffer.from(alertId));
    for (let times = 0; times < 40; times++) {
      await this.rescue(open);
      await this.tick(open);
      for (let sent = -1; sent !== this.sink.mails.length; ) {
        sent = this.sink.mails.length;
        await this.send(open);
      }
      const { rows } = await this.owner.query(
        `SELECT FROM alert_timer WHERE alert_id = ANY ($1) AND loop = 0 AND owner_rid IS NULL
         UNION ALL SELECT FROM delivery WHERE alert_id = ANY ($1) AND state IN ('pending', 'failed', 'sending')`,
        [ids],
      );
      if (rows.length === 0) {
        // What earlier scenarios left must not ring into the next one.
        await this.owner.query(`UPDATE alert_timer SET due_at = due_at + interval '10 days', ack_expires_at = ack_expires_at + interval '10 days' WHERE alert_id = ANY ($1)`, [ids]);
        return true;
      }
      await this.passTime(leaseMs + 1_000);
      await sleep(1);
    }
    return false;
  }
}
