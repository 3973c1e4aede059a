import { createHmac, timingSafeEqual } from 'node:crypto';

/** The account that opened the Mini App, or why that is not shown. */
export type InitDataCheck = { readonly userId: number } | { readonly refused: 'not-telegram' | 'expired' };

/** A Mini App that stays open longer asks to be opened again. */
const freshForMs = 60 * 60_000;
/** Telegram's clock may be a little ahead of ours. */
const aheadMs = 5 * 60_000;
const maxInitDataLength = 4_096;

/**
 * Checks what Telegram gave the Mini App when it opened (https://core.telegram.org/bots/webapps, "Validating data"): an
 * HMAC-SHA256 over all fields but the hash, under a key derived from the bot's token. It shows which Telegram account
 * asks, and nothing about keys: whoever controls the account, and Telegram itself, can make such data.
 *
 * @param now milliseconds since 1970
 */
export function checkInitData(initData: string, token: string, now: number): InitDataCheck {
  if (initData.length > maxInitDataLength) return { refused: 'not-telegram' };
  const fields = new URLSearchParams(initData);
  const shown = fields.get('hash') ?? '';
  // Twice the same name would leave it to each reader which one counts.
  const names = [...fields.keys()];
  if (!/^[0-9a-f]{64}$/.test(shown) || new Set(names).size !== names.length) return { refused: 'not-telegram' };
  const text = names
    .filter((name) => name !== 'hash')
    .sort()
    .map((name) => `${name}=${fields.get(name) ?? ''}`)
    .join('\n');
  const key = createHmac('sha256', 'WebAppData').update(token).digest();
  const hash = createHmac('sha256', key).update(text).digest();
  if (!timingSafeEqual(hash, Buffer.from(shown, 'hex'))) return { refused: 'not-telegram' };
  const madeAt = Number(fields.get('auth_date')) * 1_000;
  if (!(now - madeAt <= freshForMs && madeAt - now <= aheadMs)) return { refused: 'expired' };
  const userId = userIdOf(fields.get('user'));
  return userId === null ? { refused: 'not-telegram' } : { userId };
}

function userIdOf(json: string | null): number | null {
  try {
    const { id } = JSON.parse(json ?? '') as { id?: unknown };
    return typeof id === 'number' && Number.isSafeInteger(id) && id > 0 ? id : null;
  } catch {
    return null;
  }
}
