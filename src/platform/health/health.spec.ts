import { describe, expect, it } from '@jest/globals';
import { Health } from './health.js';

describe('the health of an instance', () => {
  it('is ready when every part is', async () => {
    const health = new Health();
    health.register('database', () => ({ ok: true }), { required: true });
    expect(await health.report()).toEqual({ status: 'ready', checks: { database: { ok: true, required: true } } });
  });

  it('goes on taking alerts while the mail server is away: what is accepted is sent later', async () => {
    const health = new Health();
    health.register('database', () => ({ ok: true }), { required: true });
    health.register('mail', () => ({ ok: false, reason: 'refused' }), { required: false });
    expect(await health.report()).toMatchObject({ status: 'degraded', checks: { mail: { ok: false, reason: 'refused' } } });
  });

  it('is taken out of service when a required part fails, in whatever way, without telling details', async () => {
    const health = new Health();
    health.register('database', () => Promise.reject(new Error('password of jardam at 10.0.0.1')), { required: true });
    const report = await health.report();
    expect(report).toEqual({ status: 'not-ready', checks: { database: { ok: false, required: true, reason: 'failed' } } });
  });

  it('does not wait for ever for a part that hangs', async () => {
    const health = new Health();
    health.register('database', () => new Promise(() => undefined), { required: true });
    expect(await health.report()).toMatchObject({ status: 'not-ready', checks: { database: { reason: 'no-answer' } } });
  });

  it('refuses two parts of one name: one would hide the other', () => {
    const health = new Health();
    health.register('mail', () => ({ ok: true }), { required: false });
    expect(() => health.register('mail', () => ({ ok: true }), { required: false })).toThrow('there is a health check named mail already');
  });
});
