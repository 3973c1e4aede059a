import { Body, Controller, Delete, Get, Headers, HttpCode, Inject, Param, Post, Put } from '@nestjs/common';
import { fromBase64url, toBase64url } from '@jardam/protocol';
import { ArmedPackets } from '../../intake/armed/armed-packets.js';
import { ArmedStates, type ArmedState } from '../../intake/armed/armed-state.js';
import { CheckIns } from '../../intake/armed/check-ins.js';
import { databaseNow } from '../../platform/clock/clock.js';
import { DEFAULT_COALITION } from '../../platform/coalition.js';
import { Database, type Tx } from '../../platform/database/database.js';
import { problem } from '../../platform/http/problem.js';
import { Accounts, type Account } from '../accounts/accounts.js';
import { BotClient } from '../api/bot-client.js';
import { Jobs } from '../outbox/jobs.js';
import { ChatSecrets } from '../secrets.js';
import { armBody, checkInBody, readBody } from './bodies.js';
import { checkInitData } from './init-data.js';

/** Refusals that another try at another time may mend; all others need another packet. */
const conflicts = new Set(['counting-down', 'already-fired', 'alert-exists', 'too-many-check-ins']);

/** What the Mini App asks of its own origin. Telegram shows who asks; what is armed was sealed on the phone. */
@Controller('api/v1/telegram')
export class MiniAppController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(BotClient) private readonly telegram: BotClient,
    @Inject(ChatSecrets) private readonly secrets: ChatSecrets,
    @Inject(Accounts) private readonly accounts: Accounts,
    @Inject(ArmedPackets) private readonly packets: ArmedPackets,
    @Inject(ArmedStates) private readonly states: ArmedStates,
    @Inject(CheckIns) private readonly checkIns: CheckIns,
    @Inject(Jobs) private readonly jobs: Jobs,
  ) {}

  /** What the account has prepared. */
  @Get('me')
  async me(@Headers('authorization') shown: string | undefined): Promise<Record<string, unknown>> {
    return this.as(shown, async (tx, account) => ({ lang: account.lang, ...wireOf(await this.states.of(tx, DEFAULT_COALITION, account.owner)) }));
  }

  /** Arms a button in place of the earlier one; the bot puts it into the chat. */
  @Put('armed')
  async arm(@Headers('authorization') shown: string | undefined, @Body() body: unknown): Promise<Record<string, unknown>> {
    const input = readBody(armBody, body);
    return this.as(shown, async (tx, { owner }) => {
      const { receipt, ...rest } = input;
      const armed = await this.packets.arm(tx, { coalitionId: DEFAULT_COALITION, owner, ...rest, ...(receipt === undefined ? {} : { receipt }) });
      if ('refused' in armed) throw refusal(armed.refused);
      const locator = toBase64url(armed.locator);
      await this.jobs.queue(tx, owner, { kind: 'button', locator }, { once: `button ${locator}` });
      return { locator, armedAt: armed.armedAt.toISOString(), expiresAt: armed.expiresAt.toISOString() };
    });
  }

  @Delete('armed')
  @HttpCode(204)
  async disarm(@Headers('authorization') shown: string | undefined): Promise<void> {
    await this.as(shown, async (tx, account) => {
      const done = await this.packets.disarm(tx, { coalitionId: DEFAULT_COALITION, owner: account.owner });
      if ('refused' in done) throw refusal(done.refused);
      if (account.buttonMessageId === 0) return;
      const chatId = await this.accounts.chatOf(tx, account.owner);
      if (chatId !== null) await this.jobs.queue(tx, account.owner, { kind: 'delete', chatId, messageIds: [account.buttonMessageId], alertId: null });
      await this.accounts.setButton(tx, account.owner, 0);
    });
  }

  @Post('check-ins')
  async schedule(@Headers('authorization') shown: string | undefined, @Body() body: unknown): Promise<Record<string, unknown>> {
    const input = readBody(checkInBody, body);
    return this.as(shown, async (tx, { owner }) => {
      const { receipt, ...rest } = input;
      const planned = await this.checkIns.schedule(tx, { coalitionId: DEFAULT_COALITION, owner, ...rest, ...(receipt === undefined ? {} : { receipt }) });
      if ('refused' in planned) throw refusal(planned.refused);
      return { locator: toBase64url(planned.locator), armedAt: planned.armedAt.toISOString(), expiresAt: planned.expiresAt.toISOString() };
    });
  }

  @Delete('check-ins/:locator')
  @HttpCode(204)
  async end(@Headers('authorization') shown: string | undefined, @Param('locator') text: string): Promise<void> {
    const locator = fromBase64url(text, 12);
    if (locator === null) throw problem(400, 'bad-locator', 'The address names no check-in', 'Allowed is base64url of 12 bytes.');
    await this.as(shown, async (tx, { owner }) => {
      const ended = await this.checkIns.standDown(tx, { coalitionId: DEFAULT_COALITION, owner, locator });
      if ('refused' in ended) throw ended.refused === 'unknown-check-in' ? problem(404, ended.refused, 'There is no such check-in') : refusal(ended.refused);
    });
  }

  /** Runs `work` for the account that Telegram names; wakes whoever has to do with what it wrote. */
  private async as<T>(shown: string | undefined, work: (tx: Tx, account: Account) => Promise<T>): Promise<T> {
    const initData = /^tma (.+)$/.exec(shown ?? '')?.[1] ?? '';
    const result = await this.database.transaction(async (tx) => {
      const checked = checkInitData(initData, this.telegram.token, (await databaseNow(tx)).getTime());
      if ('refused' in checked) {
        throw problem(401, checked.refused, 'Telegram does not show who asks', 'Close this and open it again from the chat with the bot.');
      }
      const account = await this.accounts.lock(tx, this.secrets.ownerOf(checked.userId));
      if (account === null) throw problem(403, 'not-joined', 'This account has not joined', 'Open the invitation first.');
      return work(tx, account);
    });
    this.packets.committed();
    return result;
  }
}

function refusal(code: string): Error {
  return conflicts.has(code)
    ? problem(409, code, 'This is not possible now')
    : problem(422, code, 'The packet cannot be armed', 'Load the recipients anew and seal again.');
}

function wireOf({ tap, checkIns }: ArmedState): Record<string, unknown> {
  const fresh = ({ locator, armedAt, expiresAt, expired, olderRoster }: ArmedState['checkIns'][number] | NonNullable<ArmedState['tap']>) => ({
    locator: toBase64url(locator),
    armedAt: armedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    expired,
    olderRoster,
  });
  return {
    tap: tap === null ? null : { ...fresh(tap), state: tap.state, countdownSeconds: tap.countdownSeconds, fireAt: tap.fireAt?.toISOString() ?? null, buttonSent: tap.buttonSent },
    checkIns: checkIns.map((each) => ({
      ...fresh(each),
      stage: each.stage,
      deadlineAt: each.deadlineAt.toISOString(),
      graceMinutes: each.graceMinutes,
      repeat: each.repeat,
    })),
  };
}
