import { DEFAULT_COALITION } from '../../platform/coalition.js';
import type { InstanceConfig, TelegramConfig } from '../../platform/config/slices.js';
import type { Database } from '../../platform/database/database.js';
import { BotClient, type CallOutcome } from '../../telegram/api/bot-client.js';
import { WEBHOOK_PATH } from '../../telegram/ingest/poller.js';
import { ok, problem, roughly, unreachable, type Finding } from './finding.js';

const pollToleranceMs = 120_000;

/** Asks Telegram who the bot is and how it gets its updates; changes nothing. Nothing to say where there is no bot. */
export async function checkBot(config: TelegramConfig, { publicUrl }: InstanceConfig): Promise<Finding[]> {
  const { token } = config;
  if (token === undefined) return [];
  const client = new BotClient(config, token);
  const me = await client.call('getMe');
  if (!me.ok) return [noAnswer(me)];
  const info = await client.call('getWebhookInfo');
  if (!info.ok) return [noAnswer(info)];
  const { url = '', last_error_message: fault } = info.result as { url?: string; last_error_message?: string };
  if (config.receive === 'polling') {
    return [url === '' ? ok('telegram', 'the bot is known, and gets its updates by polling') : problem('telegram', 'a webhook is set, and telegram.receive says polling: is another program using this token?')];
  }
  if (url !== `${publicUrl}${WEBHOOK_PATH}`) return [problem('telegram', 'Telegram does not call instance.publicUrl: is the service running, and is another program using this token?')];
  // Telegram's own words may hold the address.
  return [fault === undefined ? ok('telegram', 'the bot is known, and Telegram calls it') : problem('telegram', 'Telegram’s last call was not answered well: is the page reachable from outside?')];
}

function noAnswer(answer: Extract<CallOutcome, { ok: false }>): Finding {
  if (answer.failure !== 'refused') return unreachable('telegram', 'it does not answer: is the network, or telegram.proxy, all right?');
  return problem('telegram', answer.code === 401 || answer.code === 404 ? 'Telegram does not know the token: was it revoked?' : `Telegram refuses (${answer.code})`);
}

/** Whether some instance has heard of Telegram lately. Nothing to say where there is no bot. */
export async function checkPoller(database: Database, { token }: TelegramConfig): Promise<Finding[]> {
  if (token === undefined) return [];
  const { rows } = await database.query<{ ms: number }>(
    `SELECT (extract(epoch FROM now() - polled_at) * 1000)::float8 AS ms FROM telegram_poller WHERE coalition_id = $1 AND bot_id = $2`,
    [DEFAULT_COALITION, Number(token.split(':')[0])],
  );
  const age = rows[0]?.ms;
  if (age === undefined) return [problem('telegram poller', 'it has never run: what people write to the bot waits at Telegram, for a day')];
  if (age > pollToleranceMs) return [problem('telegram poller', `Telegram was last heard of ${roughly(age)} ago: what people write to the bot waits there, for a day`)];
  return [ok('telegram poller', 'Telegram was heard of lately')];
}
