import { createHmac } from 'node:crypto';

export interface InitDataOptions {
  readonly token: string;
  readonly userId: number;
  readonly languageCode?: string;
  readonly firstName?: string;
  /** Milliseconds since 1970; by default now. */
  readonly at?: number;
}

/**
 * What Telegram hands to a Mini App that this account opens, signed as Telegram signs it
 * (https://core.telegram.org/bots/webapps, "Validating data received via the Mini App").
 */
export function signedInitData({ token, userId, languageCode = 'en', firstName = 'Person', at = Date.now() }: InitDataOptions): string {
  const fields: Record<string, string> = {
    auth_date: String(Math.floor(at / 1_000)),
    query_id: 'AAA',
    user: JSON.stringify({ id: userId, first_name: firstName, language_code: languageCode }),
  };
  const text = Object.entries(fields).map(([name, value]) => `${name}=${value}`).join('\n');
  const key = createHmac('sha256', 'WebAppData').update(token).digest();
  return new URLSearchParams({ ...fields, hash: createHmac('sha256', key).update(text).digest('hex') }).toString();
}
