import { describe, expect, it } from '@jest/globals';
import { AddressGuard, parseNetwork } from './address-guard.js';

describe('which addresses may be connected to', () => {
  const guard = new AddressGuard();

  it.each(['93.184.216.34', '8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:2800:220:1:248:1893:25c8:1946', '2a00:1450:4001::1'])('%s: public, yes', (address) => {
    expect(guard.permits(address)).toBe(true);
  });

  it.each([
    '0.0.0.0', '10.0.0.1', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1', '172.31.255.255',
    '192.168.1.1', '198.18.0.1', '224.0.0.1', '255.255.255.255', '::', '::1', '::127.0.0.1', '::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:8.8.8.8',
    '64:ff9b::7f00:1', '2002:7f00:1::', 'fc00::1', 'fd12:3456::1', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', '2001:db8::1',
  ])('%s: private or special, no', (address) => {
    expect(guard.permits(address)).toBe(false);
  });

  it.each(['', 'localhost', '127.1', '0x7f000001', '2130706433', '10.0.0.1:443', '[::1]'])('"%s": not a plain address, no', (address) => {
    expect(guard.permits(address)).toBe(false);
  });

  it('opens exactly the networks that the operator names', () => {
    const open = new AddressGuard(['10.1.0.0/16', '::1/128']);
    expect(open.permits('10.1.200.3')).toBe(true);
    expect(open.permits('10.2.0.1')).toBe(false);
    expect(open.permits('::1')).toBe(true);
    expect(open.permits('127.0.0.1')).toBe(false);
  });

  it('takes only networks as networks', () => {
    expect(parseNetwork('fd00::/8')).toEqual({ address: 'fd00::', prefix: 8, family: 'ipv6' });
    for (const wrong of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/8/1', 'example.org/8', '10.0.0.0/x', '::/129']) expect(parseNetwork(wrong)).toBeNull();
    expect(() => new AddressGuard(['10.0.0.0/99'])).toThrow('10.0.0.0/99');
  });
});
