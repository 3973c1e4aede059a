import { BlockList, isIP } from 'node:net';

/**
 * Networks that nobody outside may make us connect to: what only this machine or its neighbours can reach, and what
 * carries another address inside (IANA registries of special-purpose addresses, RFC 6890).
 */
const CLOSED_NETWORKS = [
  '0.0.0.0/8', // "this host"
  '10.0.0.0/8',
  '100.64.0.0/10', // carrier-grade NAT
  '127.0.0.0/8',
  '169.254.0.0/16', // link-local; the metadata services of hosting providers
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
  '::/96', // unspecified, loopback, and IPv4 inside
  '::ffff:0:0/96', // IPv4-mapped
  '::ffff:0:0:0/96', // IPv4-translated
  '64:ff9b::/96', // NAT64
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23', // Teredo, ORCHID and other protocol assignments
  '2001:db8::/32',
  '2002::/16', // 6to4
  '3fff::/20',
  '5f00::/16',
  'fc00::/7', // unique local
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
] as const;

/** Which addresses may be connected to when somebody outside has named the target. */
export class AddressGuard {
  private readonly closed = listsOf(CLOSED_NETWORKS);
  private readonly opened: Lists;

  /** @param allowedNetworks networks like "10.1.0.0/16" that the operator has opened although they are private */
  constructor(allowedNetworks: readonly string[] = []) {
    this.opened = listsOf(allowedNetworks);
  }

  /** @param address a numeric IPv4 or IPv6 address; anything else is not permitted */
  permits(address: string): boolean {
    const version = isIP(address);
    if (version === 0) return false;
    const family = version === 4 ? 'ipv4' : 'ipv6';
    return this.opened[family].check(address, family) || !this.closed[family].check(address, family);
  }
}

/** "10.1.0.0/16" in its parts; null when it is not a network. */
export function parseNetwork(text: string): { readonly address: string; readonly prefix: number; readonly family: 'ipv4' | 'ipv6' } | null {
  const [address = '', bits = '', ...rest] = text.split('/');
  const version = isIP(address);
  const prefix = Number(bits);
  if (version === 0 || rest.length > 0 || !/^\d{1,3}$/.test(bits) || prefix > (version === 4 ? 32 : 128)) return null;
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/** Apart, because one list for both takes every IPv4 address for the IPv4-mapped one, and the other way round. */
type Lists = Readonly<Record<'ipv4' | 'ipv6', BlockList>>;

function listsOf(networks: readonly string[]): Lists {
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const text of networks) {
    const network = parseNetwork(text);
    if (network === null) throw new RangeError(`"${text}" is not a network like 10.1.0.0/16`);
    lists[network.family].addSubnet(network.address, network.prefix, network.family);
  }
  return lists;
}
