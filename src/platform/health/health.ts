import { Injectable } from '@nestjs/common';

export type HealthState = { readonly ok: true } | { readonly ok: false; readonly reason: string };

interface Check {
  readonly required: boolean;
  run(): Promise<HealthState> | HealthState;
}

export interface HealthReport {
  readonly status: 'ready' | 'degraded' | 'not-ready';
  readonly checks: Readonly<Record<string, { ok: boolean; required: boolean; reason?: string }>>;
}

const checkTimeoutMs = 3_000;

/**
 * Asks every part of the program whether it can do its work. Parts register their own check when they start.
 *
 * A required check that fails takes the instance out of service. An advisory one only shows: with the mail server down
 * alerts must still be accepted, because what is accepted is sent later.
 */
@Injectable()
export class Health {
  private readonly checks = new Map<string, Check>();

  /**
   * @param name   short kebab-case name; shown to anybody who asks
   * @param run    answers at once or within 3 s; `reason` is a short code without any data
   */
  register(name: string, run: Check['run'], options: { required: boolean }): void {
    if (this.checks.has(name)) throw new Error(`there is a health check named ${name} already`);
    this.checks.set(name, { run, required: options.required });
  }

  async report(): Promise<HealthReport> {
    const results = await Promise.all([...this.checks].map(async ([name, check]) => [name, check, await outcomeOf(check)] as const));
    const failed = results.filter(([, , state]) => !state.ok);
    return {
      status: failed.some(([, check]) => check.required) ? 'not-ready' : failed.length > 0 ? 'degraded' : 'ready',
      checks: Object.fromEntries(results.map(([name, { required }, state]) => [name, { required, ...state }])),
    };
  }
}

async function outcomeOf(check: Check): Promise<HealthState> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<HealthState>((done) => {
    timer = setTimeout(() => done({ ok: false, reason: 'no-answer' }), checkTimeoutMs);
  });
  try {
    return await Promise.race([Promise.resolve().then(() => check.run()), timeout]);
  } catch {
    return { ok: false, reason: 'failed' };
  } finally {
    clearTimeout(timer);
  }
}
