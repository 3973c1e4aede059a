const DEFAULT_PORT = 5432;
const LARGEST_PORT = 65_535;

/** One server of a database address. */
export interface Host {
  readonly host: string;
  readonly port: number;
  /** The address with this host alone, as drivers take it. */
  readonly url: string;
}

/** What `hostsOf` can read, in words for an operator. */
export const DATABASE_URL_FORM = 'an address like postgresql://user@host:5432/database, with more hosts separated by commas';

/**
 * The servers of a database address. libpq's own form for several: postgresql://user@one:5432,two:5432/jardam. The
 * driver knows one host only, and the language's URL takes no comma before a port, so it is read here.
 *
 * `target_session_attrs` may say read-write or primary, which is what we do anyway; anything else would mean writing
 * to a standby and is refused.
 *
 * @returns at least one host, in the order of the address; null when the address has another form
 */
export function hostsOf(url: string): Host[] | null {
  const parts = partsOf(url);
  if (!parts) return null;
  const { scheme, user, hosts, rest } = parts;
  // One host is left as it is: a folder of a unix socket, ?host=, and whatever else the driver understands.
  if (!hosts.includes(',')) return [{ host: hosts, port: DEFAULT_PORT, url }];
  const path = withoutTarget(rest);
  if (path === null) return null;
  const read = hosts.split(',').map((each): Host | null => {
    const [, host = '', port = String(DEFAULT_PORT)] = /^(\[[0-9a-f:.]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/i.exec(each) ?? [];
    const number = Number(port);
    if (host === '' || number < 1 || number > LARGEST_PORT) return null;
    return { host: host.replace(/^\[|\]$/g, ''), port: number, url: `${scheme}${user}${host}:${number}${path}` };
  });
  return read.every((each) => each !== null) ? read : null;
}

/** The same address with this password. */
export function withPassword(url: string, password: string): string {
  const parts = partsOf(url);
  if (!parts) throw new Error('the address of the database has another form than expected');
  const name = parts.user.replace(/@$/, '').replace(/:.*$/s, '');
  return `${parts.scheme}${name}:${encodeURIComponent(password)}@${parts.hosts}${parts.rest}`;
}

function partsOf(url: string): { scheme: string; user: string; hosts: string; rest: string } | null {
  const match = /^(postgres(?:ql)?:\/\/)([^/?#]*@)?([^/?#]*)(.*)$/s.exec(url);
  if (!match) return null;
  const [, scheme = '', user = '', hosts = '', rest = ''] = match;
  return { scheme, user, hosts, rest };
}

function withoutTarget(rest: string): string | null {
  const at = rest.indexOf('?');
  if (at < 0) return rest;
  const query = rest.slice(at + 1).split('&');
  const targets = query.filter((each) => each.startsWith('target_session_attrs='));
  if (!targets.every((each) => /=(read-write|primary)$/.test(each))) return null;
  const others = query.filter((each) => !targets.includes(each));
  return rest.slice(0, at) + (others.length > 0 ? `?${others.join('&')}` : '');
}
