import { toBase64url } from '@jardam/protocol';
import { signedInitData } from './bot-api/init-data.js';
import type { TelegramPerson } from './bot-api/person.js';
import { sealPacket, type PacketOptions, type SealedPacket } from './sealed-packet.js';
import type { TelegramWorld } from './telegram-world.js';

export interface MiniAppAnswer {
  readonly status: number;
  readonly json: Record<string, unknown>;
}

/** The Mini App's endpoints as its code in the WebView asks them. */
export interface MiniAppClient {
  /** As Telegram signs it for a Mini App that this account opened. */
  initData(userId: number, at?: number, token?: string): string;
  /** @param who init data, well-formed or not */
  ask(who: string, method: string, path: string, body?: unknown): Promise<MiniAppAnswer>;
  /** Seals a packet and arms the button with it. @throws Error when that is refused */
  arm(person: TelegramPerson, countdownSeconds: number | null, options?: PacketOptions): Promise<SealedPacket>;
  /** Seals a check-in for two hours from now, with twenty minutes' grace. @throws Error when that is refused */
  schedule(person: TelegramPerson, options?: PacketOptions): Promise<SealedPacket>;
  /** Whether what the packet holds has become an alert. */
  wasSent(packet: SealedPacket): Promise<boolean>;
}

export function miniAppClient(world: TelegramWorld): MiniAppClient {
  const initData = (userId: number, at = Date.now(), token = world.telegram.token): string => signedInitData({ token, userId, at });
  const ask = async (who: string, method: string, path: string, body?: unknown): Promise<MiniAppAnswer> => {
    const answer = await fetch(`${world.app.url}/api/v1/telegram/${path}`, {
      method,
      headers: { authorization: `tma ${who}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, json: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
  };
  const store = async (person: TelegramPerson, [method, path, expected]: readonly [string, string, number], options: PacketOptions, more: object): Promise<SealedPacket> => {
    const sealed = sealPacket(world.coalition, options);
    const body = { packet: toBase64url(sealed.packet), releaseSecret: toBase64url(sealed.releaseSecret), ...more };
    const { status, json } = await ask(initData(person.id), method, path, body);
    if (status !== expected || json.locator !== toBase64url(sealed.locator)) throw new Error(`${path} was answered ${status}`);
    return sealed;
  };
  return {
    initData,
    ask,
    arm: (person, countdownSeconds, options = {}) => store(person, ['PUT', 'armed', 200], options, { countdownSeconds }),
    schedule: (person, options = {}) =>
      store(person, ['POST', 'check-ins', 201], { t: 'check-in', ...options }, { dueAt: new Date(Date.now() + 7_200_000).toISOString(), graceMinutes: 20, repeat: 'none' }),
    wasSent: async ({ alertId }) => (await world.app.database.query('SELECT FROM alert WHERE alert_id = $1', [Buffer.from(alertId)])).rowCount === 1,
  };
}
