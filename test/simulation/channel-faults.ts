import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault as BotApiFault } from '../support/bot-api/faults.js';
import type { ReceiverAnswer } from '../support/web-receiver.js';
import type { Fault } from './faults.js';

const troubleMs = 2_500;
/** Fits into the time of some tiers, so that it is waited for. */
const shortSeconds = 1;
/** Longer than any message waits for its provider: the next contact is told instead. */
const longSeconds = 1_200;
/** Beyond the time that a message may take. */
const slowMs = 3_000;

/** What Telegram, the receivers of webhooks and push services do to a message. */
export const CHANNEL_FAULTS: readonly Fault[] = [
  telegram('429, short', { kind: 'flood', retryAfterSeconds: shortSeconds }),
  telegram('429, long', { kind: 'flood', retryAfterSeconds: longSeconds }),
  telegram('403', { kind: 'refuse', code: 403, description: 'Forbidden: bot was blocked by the user' }),
  telegram('502', { kind: 'bad-gateway' }),
  telegram('message taken, connection reset', { kind: 'drop-after' }),
  webhook('redirected', { status: 302, headers: { location: '/elsewhere' } }),
  webhook('slow', { status: 204, afterMs: slowMs }),
  webhook('410', { status: 410 }),
  webhook('429, short', { status: 429, headers: { 'retry-after': String(shortSeconds) } }),
  webhook('429, long', { status: 429, headers: { 'retry-after': String(longSeconds) } }),
  webhook('taken, connection reset', 'reset'),
  pushService('410', { status: 410 }),
  pushService('slow', { status: 201, afterMs: slowMs }),
  pushService('429, short', { status: 429, headers: { 'retry-after': String(shortSeconds) } }),
  pushService('taken, connection reset', 'reset'),
];

function telegram(name: string, fault: BotApiFault): Fault {
  return {
    name: `Telegram: ${name}`,
    sparesEngine: true,
    async strike({ providers }) {
      providers.telegramAnswers(fault);
      await sleep(troubleMs);
      providers.heal();
    },
  };
}

function webhook(name: string, answer: ReceiverAnswer): Fault {
  return {
    name: `webhook: ${name}`,
    sparesEngine: true,
    async strike({ providers }) {
      providers.webhooksAnswer(answer);
      await sleep(troubleMs);
      providers.heal();
    },
  };
}

function pushService(name: string, answer: ReceiverAnswer): Fault {
  return {
    name: `push service: ${name}`,
    sparesEngine: true,
    async strike({ providers }) {
      providers.pushServiceAnswers(answer);
      await sleep(troubleMs);
      providers.heal();
    },
  };
}
