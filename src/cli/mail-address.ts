import { CliFailure } from './failure.js';
import type { Terminal } from './terminal.js';

const maxAddressLength = 254; // RFC 5321, 4.5.3.1.3, without the angle brackets

/** Asks for a mail address, or takes it from standard input. The answer is not repeated in any message. */
export async function askMailAddress(terminal: Terminal): Promise<string> {
  const address = (await terminal.ask('Mail address: ')).trim();
  if (address.length > maxAddressLength || !/^[^\s@<>",;:]+@[^\s@<>",;:]+\.[^\s@<>",;:]+$/.test(address)) {
    throw new CliFailure('that is not a mail address');
  }
  return address;
}
