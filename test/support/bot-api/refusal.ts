/** An answer with "ok": false. Descriptions are Telegram's, because bots tell refusals apart by them. */
export class Refusal extends Error {
  constructor(
    readonly code: number,
    readonly description: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(description);
  }
}

export const badRequest = (text: string): Refusal => new Refusal(400, `Bad Request: ${text}`);
export const forbidden = (text: string): Refusal => new Refusal(403, `Forbidden: ${text}`);
