import { createHmac, timingSafeEqual } from 'node:crypto';

const PREFIX = 'bounce+';
/** 80 bits: nobody guesses one, and the local part stays within the 64 characters of RFC 5321. */
const macHexDigits = 20;

/**
 * Return addresses that name one delivery and cannot be made up: bounce+<delivery id>.<mac>@domain. Without the mac,
 * anybody who knew how they look could report a mail as undeliverable and so cut somebody's contact off.
 */
export class BounceAddresses {
  constructor(
    private readonly key: Uint8Array,
    readonly domain: string,
  ) {}

  addressFor(deliveryId: string): string {
    const id = deliveryId.replaceAll('-', '').toLowerCase();
    return `${PREFIX}${id}.${this.mac(id)}@${this.domain}`;
  }

  /** The delivery that an address names; null when it is not one of ours, or not genuine. */
  deliveryOf(address: string): string | null {
    const match = /^bounce\+([0-9a-f]{32})\.([0-9a-f]{20})@(.+)$/.exec(address.toLowerCase());
    if (!match || match[3] !== this.domain) return null;
    const [, id = '', mac = ''] = match;
    if (!timingSafeEqual(Buffer.from(mac), Buffer.from(this.mac(id)))) return null;
    return [id.slice(0, 8), id.slice(8, 12), id.slice(12, 16), id.slice(16, 20), id.slice(20)].join('-');
  }

  private mac(id: string): string {
    return createHmac('sha256', this.key).update(`jardam/bounce ${id}`).digest('hex').slice(0, macHexDigits);
  }
}
