import { setTimeout as sleep } from 'node:timers/promises';
import { post } from '../e2e/support/alerts.js';
import { sealAlert, type SealedAlert } from '../support/sealed-alert.js';
import type { Coalition } from '../support/coalition.js';

/** One report as its sender saw it; times in milliseconds since 1970. */
export interface Submitted {
  readonly alert: SealedAlert;
  readonly firstTriedAt: number;
  /** When the server said "received"; null while it has not. */
  confirmedAt: number | null;
  /** How often it was sent: more than once when an answer was lost or was "not now". */
  tries: number;
}

const betweenReportsMs = 400;
/** The page repeats after a second or two; a test wants to see the first possible moment. */
const betweenTriesMs = 200;

/** Defenders who go on reporting all the time, each repeating the same bytes until they are confirmed. */
export class Load {
  readonly submitted: Submitted[] = [];
  private readonly sending = new Set<Promise<void>>();
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly url: string,
    private readonly coalition: Coalition,
  ) {}

  start(): void {
    this.running = this.run();
  }

  /** Sends no new report, and waits until every one that was begun is confirmed. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
    await Promise.all(this.sending);
  }

  confirmed(): readonly Submitted[] {
    return this.submitted.filter(({ confirmedAt }) => confirmedAt !== null);
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const one: Submitted = { alert: sealAlert(this.coalition, { severity: 'S1', t: 'panic' }), firstTriedAt: Date.now(), confirmedAt: null, tries: 0 };
      this.submitted.push(one);
      const work = this.send(one).finally(() => this.sending.delete(work));
      this.sending.add(work);
      await sleep(betweenReportsMs);
    }
  }

  private async send(one: Submitted): Promise<void> {
    for (;;) {
      one.tries++;
      const answer = await post(this.url, one.alert);
      if (answer?.status === 201 || answer?.status === 200) {
        one.confirmedAt = Date.now();
        return;
      }
      if (answer !== null && answer.status < 500) throw new Error(`a report was refused with ${answer.status}: ${JSON.stringify(answer.body)}`);
      await sleep(betweenTriesMs);
    }
  }
}
