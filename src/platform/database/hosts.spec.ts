import { describe, expect, it } from '@jest/globals';
import { hostsOf, withPassword } from './hosts.js';

describe('the servers of a database address', () => {
  it('are read in the form that libpq has for several', () => {
    expect(hostsOf('postgresql://jardam@one.example.org,two.example.org:5433,[2001:db8::3]/jardam?target_session_attrs=read-write&sslmode=verify-full')).toEqual([
      { host: 'one.example.org', port: 5432, url: 'postgresql://jardam@one.example.org:5432/jardam?sslmode=verify-full' },
      { host: 'two.example.org', port: 5433, url: 'postgresql://jardam@two.example.org:5433/jardam?sslmode=verify-full' },
      { host: '2001:db8::3', port: 5432, url: 'postgresql://jardam@[2001:db8::3]:5432/jardam?sslmode=verify-full' },
    ]);
  });

  it('leave a single one as it is, whatever the driver makes of it', () => {
    for (const url of ['postgresql://jardam@db.example.org/jardam', 'postgresql://jardam@%2Frun%2Fpostgresql/jardam', 'postgresql:///jardam?host=/run/postgresql']) {
      expect(hostsOf(url)?.map((host) => host.url)).toEqual([url]);
    }
  });

  it.each([
    ['a missing name', 'postgresql://jardam@one,,two/jardam'],
    ['a port that is none', 'postgresql://jardam@one:0,two:70000/jardam'],
    ['a wish for a standby', 'postgresql://jardam@one,two/jardam?target_session_attrs=prefer-standby'],
    ['another scheme', 'mysql://jardam@one,two/jardam'],
  ])('are refused with %s', (_what, url) => expect(hostsOf(url)).toBeNull());

  it('share one password, which may hold any character', () => {
    const url = withPassword('postgresql://jardam:old@one:5432,two/jardam', 'p@ss/wörd,1');
    expect(hostsOf(url)?.map((host) => decodeURIComponent(new URL(host.url).password))).toEqual(['p@ss/wörd,1', 'p@ss/wörd,1']);
  });
});
