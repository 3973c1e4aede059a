import { describe, expect, it } from '@jest/globals';
import { BounceAddresses } from './bounce-address.js';
import { failureStatus } from './bounce-report.js';

describe('return addresses', () => {
  const addresses = new BounceAddresses(new Uint8Array(32).fill(1), 'bounces.example.org');
  const id = '0c6f5a1e-8f0b-4b8f-9a59-7f6b2d3c4e5f';

  it('name one delivery, in any case, and fit into the 64 characters of a local part', () => {
    const address = addresses.addressFor(id);
    expect(addresses.deliveryOf(address)).toBe(id);
    expect(addresses.deliveryOf(address.toUpperCase())).toBe(id);
    expect(address.indexOf('@')).toBeLessThanOrEqual(64);
  });

  it('cannot be made up', () => {
    const address = addresses.addressFor(id);
    expect(addresses.deliveryOf(address.replace('0c6f', '0c6e'))).toBeNull();
    expect(addresses.deliveryOf(address.replace(/\.[0-9a-f]/, (found) => (found === '.0' ? '.1' : '.0')))).toBeNull();
    expect(addresses.deliveryOf(address.replace('bounces.', 'other.'))).toBeNull();
    expect(addresses.deliveryOf('postmaster@bounces.example.org')).toBeNull();
    expect(new BounceAddresses(new Uint8Array(32).fill(2), 'bounces.example.org').deliveryOf(address)).toBeNull();
  });
});

describe('a returned mail', () => {
  const report = (action: string, returned = ''): string =>
    [
      'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
      '',
      '--b',
      'Content-Type: text/plain',
      '',
      'Action: failed, says somebody',
      '--b',
      'Content-Type: message/delivery-status',
      '',
      'Reporting-MTA: dns; mail.example.org',
      '',
      `Action: ${action}`,
      'Status: 5.1.1',
      '--b',
      'Content-Type: message/rfc822',
      '',
      returned,
      '--b--',
    ].join('\r\n');

  it('counts when it reports a final failure', () => expect(failureStatus(report('failed'))).toBe('5.1.1'));
  it.each(['delayed', 'delivered', 'relayed', 'expanded'])('does not count when it reports "%s"', (action) => expect(failureStatus(report(action, 'Action: failed'))).toBeNull());
  it('does not count when it is a holiday reply', () => expect(failureStatus('Subject: away\r\n\r\nAction: failed to work today')).toBeNull());
  it('has a general status when the report gives none', () => expect(failureStatus(report('failed').replace('Status: 5.1.1\r\n', ''))).toBe('5.0.0'));
});
