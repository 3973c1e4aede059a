import type { Method } from './method.js';
import type { Parameters } from './parameters.js';
import { badRequest, Refusal } from './refusal.js';
import type { BotState } from './state.js';

const maxUpdatesAtOnce = 100;

/** How a bot gets its updates: it asks, or it is called. Never both. */
export const getUpdates: Method = async (state, parameters, closed) => {
  if (state.webhook !== null) {
    throw new Refusal(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first");
  }
  const limit = parameters.optionalInteger('limit') ?? maxUpdatesAtOnce;
  const timeoutSeconds = parameters.optionalInteger('timeout') ?? 0;
  if (limit < 1 || limit > maxUpdatesAtOnce || timeoutSeconds < 0) throw badRequest('wrong limit or timeout');
  rememberAllowed(state, parameters);
  const found = await state.updates.poll({ offset: parameters.optionalInteger('offset') ?? 0, limit, timeoutSeconds, closed });
  return found.map(({ body }) => body);
};

/** Takes addresses without TLS, as Telegram's own server does when it runs beside the bot (--local). */
export const setWebhook: Method = (state, parameters) => {
  const url = parameters.optionalText('url') ?? '';
  if (url === '') return removeWebhook(state, parameters);
  if (!/^https?:\/\//.test(url)) throw badRequest('bad webhook: An HTTPS URL must be provided for webhook');
  const secretToken = parameters.optionalText('secret_token');
  if (secretToken !== undefined && !/^[A-Za-z0-9_-]{1,256}$/.test(secretToken)) throw badRequest('secret token contains unallowed characters');
  const connections = parameters.optionalInteger('max_connections') ?? 40;
  if (connections < 1 || connections > 100) throw badRequest('wrong max_connections');
  rememberAllowed(state, parameters);
  if (parameters.boolean('drop_pending_updates')) state.updates.drop();
  state.webhook = { url, secretToken };
  state.webhookError = null;
  state.updates.terminate();
  return true;
};

export const deleteWebhook: Method = (state, parameters) => removeWebhook(state, parameters);

export const getWebhookInfo: Method = (state) => ({
  url: state.webhook?.url ?? '',
  has_custom_certificate: false,
  pending_update_count: state.updates.pending().length,
  ...(state.webhookError === null ? {} : { last_error_message: state.webhookError }),
  ...(state.updates.allowed === null ? {} : { allowed_updates: state.updates.allowed }),
});

function removeWebhook(state: BotState, parameters: Parameters): true {
  if (parameters.boolean('drop_pending_updates')) state.updates.drop();
  state.webhook = null;
  return true;
}

function rememberAllowed(state: BotState, parameters: Parameters): void {
  const allowed = parameters.list('allowed_updates');
  if (allowed === undefined) return;
  state.updates.allowed = allowed.length === 0 ? null : allowed.map(String);
}
