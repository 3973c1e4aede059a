import { parseWebhookAddress, WEBHOOK_ADDRESS_FORM } from '../delivery/channels/webhook/webhook-address.js';
import { CliFailure } from './failure.js';
import { askMailAddress } from './mail-address.js';
import type { Terminal } from './terminal.js';

/** Asks for an address of a channel. `server` is its host where every address leads to another one. */
export async function askContactAddress(terminal: Terminal, channel: 'email' | 'webhook'): Promise<{ address: string; server?: string }> {
  if (channel === 'email') return { address: await askMailAddress(terminal) };
  const url = parseWebhookAddress((await terminal.ask('Address of the receiver: ')).trim());
  if (url === null) throw new CliFailure(`that is not the address of a receiver: allowed is ${WEBHOOK_ADDRESS_FORM}`);
  return { address: url.href, server: url.host };
}
