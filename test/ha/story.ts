import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadSodium } from '@jardam/protocol/sodium';
import { Database } from '../../src/platform/database/database.js';
import { withPassword } from '../../src/platform/database/hosts.js';
import { openServerKey } from '../../src/platform/keys/server-key.js';
import { ContactBook } from '../../src/roster/contact-book.js';
import { eventually, sendRecords, sentTooOften } from '../e2e/support/alerts.js';
import { startServiceProcess, type ServiceProcess } from '../e2e/support/service-process.js';
import { shortLadder } from '../e2e/support/world.js';
import { startMailSink, type MailSink } from '../support/mail-sink.js';
import { demoCoalition } from '../support/stored-coalition.js';
import { Cluster } from './cluster.js';
import { alertsMissing, listeningSessions, laddersWrong, longestPause } from './evidence.js';
import { Load } from './load.js';
import type { Programs } from './programs.js';

const stepMs = 5_000;
/** The promise: escalation goes on within this time after the primary is gone. */
const goesOnWithinMs = 30_000;
/** Beyond the promise, so that a miss is measured and not only noticed. */
const patienceMs = 60_000;
const calmMs = 4_000;
/** How long the standbys are away where nobody waits for them. */
const lagMs = 2_000;

/** What is true all the time, and the three things that happen to the primary. Every step throws when a promise is broken. */
export class Story {
  private constructor(
    private readonly cluster: Cluster,
    private readonly folder: string,
    private readonly mail: MailSink,
    private readonly database: Database,
    private readonly door: ServiceProcess,
    private readonly engine: ServiceProcess,
    private readonly load: Load,
    private readonly say: (line: string) => void,
  ) {}

  static async begin(programs: Programs, synchronous: boolean, say: (line: string) => void): Promise<Story> {
    const cluster = await Cluster.start(programs, synchronous);
    say(`three servers run; primary ${await cluster.leader()}, synchronous standby ${(await cluster.synchronousStandby()) ?? 'none'}`);
    const folder = mkdtempSync(join(tmpdir(), 'jardam-ha-service-'));
    const mail = await startMailSink();
    const passwordFile = join(folder, 'database-password');
    writeFileSync(passwordFile, `${cluster.password}\n`, { mode: 0o600 });
    const environment = {
      DATABASE_URL: cluster.url,
      JARDAM_DATABASE_PASSWORD_FILE: passwordFile,
      JARDAM_DATA_DIR: folder,
      JARDAM_MAIL_HOST: '127.0.0.1',
      JARDAM_MAIL_PORT: String(mail.port),
      JARDAM_MAIL_SECURITY: 'none',
      JARDAM_MAIL_FROM: 'notice@example.org',
    };
    // Two processes, so that what one takes in reaches the other through PostgreSQL and nothing else.
    const door = await startServiceProcess({ ...environment, JARDAM_ROLES: 'http' });
    const database = await Database.open({ url: withPassword(cluster.url, cluster.password), poolSize: 3 });
    const p = await loadSodium();
    const contacts = new ContactBook(p, await openServerKey(database, p, { name: 'contacts', file: join(folder, 'keys', 'contacts.key') }));
    const coalition = await demoCoalition(database, { policy: shortLadder(stepMs), contacts });
    const engine = await startServiceProcess({ ...environment, JARDAM_ROLES: 'engine' });
    const load = new Load(door.url, coalition);
    load.start();
    return new Story(cluster, folder, mail, database, door, engine, load, say);
  }

  /** The machine of the primary loses its power: Patroni and PostgreSQL are gone in the same moment. */
  async powerLoss(): Promise<void> {
    const { primary, standby } = await this.calm();
    const at = Date.now();
    await this.cluster.machineOf(primary).powerOff();
    await this.goesOn('power loss of the primary', at, standby);
    this.cluster.switchOn(primary);
    await this.cluster.untilHealthy(3);
    this.say(`  the old primary is a standby again after ${secondsSince(at)}`);
  }

  /**
   * The same without a synchronous standby, while the standbys are restarted: what was confirmed meanwhile is lost. Shows that
   * the check above would see it.
   *
   * @returns how many confirmed reports are gone
   */
  async powerLossWithoutSynchronousStandby(): Promise<number> {
    await sleep(calmMs);
    const primary = (await this.cluster.leader()) ?? '';
    const standbys = this.cluster.others(primary);
    for (const standby of standbys) await this.cluster.machineOf(standby).powerOff();
    await sleep(lagMs);
    const confirmed = [...this.load.confirmed()];
    await this.cluster.machineOf(primary).powerOff();
    for (const standby of standbys) this.cluster.switchOn(standby);
    await eventually(() => this.cluster.leader(), (name) => name !== null && name !== primary, patienceMs);
    const missing = await eventually(() => alertsMissing(this.database, confirmed).catch(() => null), (found) => found !== null, patienceMs);
    this.say(`power loss without a synchronous standby: ${missing?.length} of ${confirmed.length} confirmed reports are gone`);
    return missing?.length ?? 0;
  }

  /** The primary stands still, and its connections stay open: nobody is told anything. */
  async frozenPrimary(): Promise<void> {
    const { primary, standby } = await this.calm();
    const at = Date.now();
    this.cluster.machineOf(primary).freeze();
    await this.goesOn('frozen primary', at, standby);
    // It wakes up in the belief of being the primary. Whatever it still does, nobody was told that it was done.
    this.cluster.machineOf(primary).thaw();
    await this.cluster.untilHealthy(3);
    const leader = await this.cluster.leader();
    if (leader !== standby) throw new Error(`the awakened ${primary} has taken the cluster back: the leader is ${leader}, not ${standby}; what ${standby} confirmed is lost`);
    this.say(`  the awakened primary is a standby again after ${secondsSince(at)}`);
  }

  /** Maintenance: the operator lets the standby take over. */
  async switchover(): Promise<void> {
    const { primary, standby } = await this.calm();
    const at = Date.now();
    await this.cluster.switchover(primary, standby);
    await this.goesOn('switchover by the operator', at, standby);
    await this.cluster.untilHealthy(3);
  }

  /** After everything: every confirmed report is there once, and every ladder was climbed step by step. */
  async everythingIsThere(): Promise<void> {
    await sleep(calmMs);
    await this.load.stop();
    const submitted = this.load.confirmed();
    const missing = await alertsMissing(this.database, submitted);
    if (missing.length > 0) throw new Error(`${missing.length} of ${submitted.length} confirmed reports are not there`);
    const wrong = await eventually(() => laddersWrong(this.database, submitted), ({ unfinished }) => unfinished === 0, patienceMs);
    if (wrong.skipped.length > 0) throw new Error(`tiers were skipped or entered twice: ${wrong.skipped.slice(0, 5).join('; ')}`);
    const twice = sentTooOften(await sendRecords(this.database), this.mail.mails);
    if (twice.length > 0) throw new Error(`mails were sent too often: ${twice.slice(0, 5).join('; ')}`);
    const repeated = submitted.filter(({ tries }) => tries > 1).length;
    this.say(`all ${submitted.length} confirmed reports are there, ${repeated} of them were sent more than once; each climbed 5 tiers, none skipped, none twice`);
    this.say(`${this.mail.mails.length} mails went out; none more often than an unclear attempt explains`);
  }

  async end(keepFiles: boolean): Promise<void> {
    const stopped = Promise.race([this.load.stop(), sleep(1_000)]);
    await stopped.catch(() => undefined);
    await this.engine.kill();
    await this.door.kill();
    await this.database.close();
    await this.mail.stop();
    await this.cluster.stop(keepFiles);
    if (keepFiles) {
      writeFileSync(join(this.folder, 'door.log'), this.door.log.join(''));
      writeFileSync(join(this.folder, 'engine.log'), this.engine.log.join(''));
      this.say(`files are kept in ${this.cluster.folder} and ${this.folder}`);
    } else rmSync(this.folder, { recursive: true, force: true });
  }

  /** Lets reports come in for a while, and tells who is who. */
  private async calm(): Promise<{ primary: string; standby: string }> {
    await sleep(calmMs);
    const [primary, standby] = [await this.cluster.leader(), await this.cluster.synchronousStandby()];
    if (primary === null || standby === null) throw new Error('the cluster has no primary or no synchronous standby');
    return { primary, standby };
  }

  private async goesOn(what: string, at: number, heir: string): Promise<void> {
    const before = this.load.confirmed().filter(({ confirmedAt }) => (confirmedAt ?? at) < at);
    const leader = await eventually(() => this.cluster.leader().then((name) => (name === heir ? name : null)), (name) => name !== null, patienceMs);
    const promotedAt = Date.now();
    const pause = await eventually(() => longestPause(this.database, at, promotedAt).catch(() => null), (found) => found !== null, patienceMs);
    const accepted = await eventually(
      () => Promise.resolve(this.load.confirmed().find(({ firstTriedAt }) => firstTriedAt > at)?.confirmedAt ?? null),
      (found) => found !== null,
      patienceMs,
    );
    const missing = await alertsMissing(this.database, before);
    if (missing.length > 0) throw new Error(`${what}: ${missing.length} of ${before.length} reports confirmed before are gone`);
    await eventually(() => listeningSessions(this.cluster, leader ?? heir), (count) => count >= 2, patienceMs);
    const goesOnMs = (pause?.endedAt ?? Infinity) - at;
    this.say(`${what}:`);
    this.say(`  new primary ${heir} after ${seconds(promotedAt - at)}; escalation goes on after ${seconds(goesOnMs)}; first new report confirmed after ${seconds((accepted ?? at) - at)}`);
    this.say(`  all ${before.length} reports confirmed before are there; both processes LISTEN on the new primary`);
    if (goesOnMs > goesOnWithinMs) throw new Error(`${what}: escalation went on after ${seconds(goesOnMs)}, promised are ${seconds(goesOnWithinMs)}`);
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function secondsSince(at: number): string {
  return seconds(Date.now() - at);
}
