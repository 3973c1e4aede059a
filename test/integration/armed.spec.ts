import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openEnvelope, toBase64url, toHex, verifyEventChain } from '@jardam/protocol';
import { Gatekeeper } from '../../src/gatekeeper/gatekeeper.js';
import { ArmedPackets } from '../../src/intake/armed/armed-packets.js';
import { ArmedStates } from '../../src/intake/armed/armed-state.js';
import { takeNotices, type Notice } from '../../src/intake/armed/notices.js';
import { DEFAULT_COALITION } from '../../src/platform/coalition.js';
import type { Tx } from '../../src/platform/database/database.js';
import { testApp, type TestApp } from '../support/app.js';
import { nextRoster, TIER } from '../support/coalition.js';
import { Defender } from '../support/defender.js';
import { deliveriesOf, until, viewOf } from '../support/ladder.js';
import { sealAlert } from '../support/sealed-alert.js';
import { sealPacket, type SealedPacket } from '../support/sealed-packet.js';
import { demoCoalition, publishRoster, type StoredCoalition } from '../support/stored-coalition.js';

const coalitionId = DEFAULT_COALITION;

describe('panic by one tap', () => {
  let app: TestApp;
  let coalition: StoredCoalition;
  let packets: ArmedPackets;
  let owner: Uint8Array;

  beforeAll(async () => {
    app = await testApp({ config: { engine: { sweepIntervalMs: 1_000, tickIntervalMs: 100 } } });
    coalition = await demoCoalition(app.database);
    packets = app.service.app.get(ArmedPackets);
  });
  afterAll(async () => {
    await app.stop();
  });
  beforeEach(() => {
    owner = coalition.p.randomBytes(32);
  });

  const inTx = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => app.database.transaction(work);
  const arm = (sealed: SealedPacket, countdownSeconds: number | null = 10) =>
    inTx((tx) => packets.arm(tx, { coalitionId, owner, packet: sealed.packet, releaseSecret: sealed.releaseSecret, countdownSeconds }));
  const keyOf = ({ locator, releaseSecret }: SealedPacket, of = owner) => ({ coalitionId, owner: of, locator, releaseSecret });
  const press = (sealed: SealedPacket) => inTx((tx) => packets.press(tx, keyOf(sealed)));
  const stateOf = () => app.service.app.get(ArmedStates).of(app.database, coalitionId, owner);
  const countdownOver = ({ locator }: SealedPacket) =>
    app.database.query(`UPDATE armed_packet SET due_at = now() - interval '1 second' WHERE locator = $1 AND due_at IS NOT NULL`, [Buffer.from(locator)]);
  const exists = async ({ alertId }: SealedPacket): Promise<boolean> =>
    (await app.database.query('SELECT FROM alert WHERE alert_id = $1', [Buffer.from(alertId)])).rowCount === 1;
  const notices = async (): Promise<Notice[]> => {
    const mine = (await inTx((tx) => takeNotices(tx, 100))).filter((notice) => Buffer.from(owner).equals(notice.owner));
    return mine;
  };

  it('is armed, pressed, and becomes an alert when nothing is done for the time of the countdown', async () => {
    const sealed = sealPacket(coalition);
    const armed = await arm(sealed);
    expect(armed).toMatchObject({ armed: true, repeated: false });
    const pressed = await press(sealed);
    expect(pressed).toHaveProperty('fireAt');
    expect(await exists(sealed)).toBe(false);
    await countdownOver(sealed);
    await until('the countdown ends', () => exists(sealed));

    const view = await viewOf(app, sealed.alertId);
    expect(view).toMatchObject({ severity: 'S1', state: 'notifying' });
    expect(view.events.map(({ type }) => type).slice(0, 2)).toEqual(['ARM', 'TRIGGER']);
    expect(view.events[1]?.detail).toMatchObject({ by: 'countdown', expired: false, olderRoster: false });
    // Nobody's address opens here, so the next tier may have been told by now: the first one is looked at.
    const [first, ...later] = await deliveriesOf(app.database, sealed.alertId);
    expect(first?.contact_id).toBe(coalition.contactIds.get('osh'));
    expect(later.filter(({ gen }) => gen === first?.gen)).toEqual([]);
    expect(await notices()).toEqual([expect.objectContaining({ what: 'fired', alertId: Buffer.from(sealed.alertId) })]);
  });

  it('can be opened by the tier whose turn it is, and leaves a chain that verifies', async () => {
    const sealed = sealPacket(coalition, { what: 'taken from home' });
    await arm(sealed);
    await inTx((tx) => packets.sendNow(tx, keyOf(sealed)));
    const { rows } = await app.database.query<{ kind: number; sealed: Buffer }>('SELECT kind, sealed FROM envelope WHERE alert_id = $1', [Buffer.from(sealed.alertId)]);
    expect(rows).toEqual([{ kind: 2, sealed: Buffer.from(sealed.envelope.bytes) }]);
    const releaseKeys = await releasedTo(sealed, TIER.T1);
    const opened = openEnvelope(coalition.p, rows[0]?.sealed ?? new Uint8Array(), { kemSecretKeys: [coalition.people.osh.keys.kem.secretKey], releaseKeys });
    expect(opened.tier).toBe(TIER.T1);
    expect(await releasedTo(sealed, TIER.T4)).toEqual(new Map());
    const { rows: events } = await app.database.query<{ body: Buffer }>('SELECT body FROM event WHERE alert_id = $1 ORDER BY n', [Buffer.from(sealed.alertId)]);
    expect(verifyEventChain(coalition.p, events.map(({ body }) => body))).not.toHaveProperty('refused');
  });

  const releasedTo = async (sealed: SealedPacket, tier: number): Promise<Map<number, Uint8Array>> => {
    return (await inTx((tx) => app.service.app.get(Gatekeeper).release(tx, coalitionId, sealed.alertId, [tier]))).keys;
  };

  it('keeps no key once the button is out, and only a sealed one while the countdown runs', async () => {
    const sealed = sealPacket(coalition);
    await arm(sealed);
    expect((await stateOf()).tap?.buttonSent).toBe(false);
    expect(await inTx((tx) => packets.releaseSecretForButton(tx, keyOf(sealed)))).toEqual(sealed.releaseSecret);
    await inTx((tx) => packets.buttonSent(tx, keyOf(sealed)));
    expect(await inTx((tx) => packets.releaseSecretForButton(tx, keyOf(sealed)))).toBeNull();
    expect((await stateOf()).tap?.buttonSent).toBe(true);
    await press(sealed);
    const { rows } = await app.database.query<{ secret_sealed: Buffer; row: string }>('SELECT secret_sealed, a::text AS row FROM armed_packet a WHERE locator = $1', [Buffer.from(sealed.locator)]);
    expect(rows[0]?.secret_sealed).toHaveLength(32 + 32 + 16);
    expect(rows[0]?.row).not.toContain(toHex(sealed.releaseSecret));
  });

  it('is pressed before it is known to be in the chat: the countdown keeps its secret, and a later note changes nothing', async () => {
    const sealed = sealPacket(coalition);
    const sent = () => inTx((tx) => packets.buttonSent(tx, keyOf(sealed)));
    expect(await sent()).toBe('gone');
    await arm(sealed);
    await press(sealed);
    expect(await sent()).toBe('pressed');
    const { rows } = await app.database.query<{ secret_sealed: Buffer | null }>('SELECT secret_sealed FROM armed_packet WHERE locator = $1', [Buffer.from(sealed.locator)]);
    expect(rows[0]?.secret_sealed).toHaveLength(32 + 32 + 16);
    await inTx((tx) => packets.cancel(tx, keyOf(sealed)));
    expect([await sent(), await sent()]).toEqual(['in-place', 'in-place']);
    expect(await inTx((tx) => packets.sendNow(tx, keyOf(sealed)))).toMatchObject({ fired: true });
    expect(await sent()).toBe('pressed');
  });

  it('is pressed twice with one effect, cancelled twice with one effect, and can be pressed again', async () => {
    const sealed = sealPacket(coalition);
    await arm(sealed);
    const [first, second] = [await press(sealed), await press(sealed)];
    expect(second).toEqual(first);
    const cancel = () => inTx((tx) => packets.cancel(tx, keyOf(sealed)));
    expect([await cancel(), await cancel()]).toEqual([{ cancelled: true }, { cancelled: true }]);
    expect((await stateOf()).tap).toMatchObject({ state: 'armed', fireAt: null });
    await press(sealed);
    expect(await inTx((tx) => packets.sendNow(tx, keyOf(sealed)))).toMatchObject({ fired: true });
    const after = { refused: 'already-fired', alertId: Buffer.from(sealed.alertId) };
    expect([await cancel(), await press(sealed), await inTx((tx) => packets.sendNow(tx, keyOf(sealed)))]).toEqual([after, after, after]);
    expect((await notices()).map(({ what }) => what)).toEqual(['fired']);
  });

  it('pressed by ten at once, becomes one alert', async () => {
    const sealed = sealPacket(coalition);
    await arm(sealed, 0);
    const results = await Promise.all(Array.from({ length: 10 }, () => press(sealed)));
    expect(results.filter((each) => 'fired' in each)).toHaveLength(1);
    expect(results.filter((each) => 'refused' in each && each.refused === 'already-fired')).toHaveLength(9);
  });

  it('waits for "send now" when the owner wanted that', async () => {
    const sealed = sealPacket(coalition);
    await arm(sealed, null);
    expect(await press(sealed)).toEqual({ waiting: true });
    expect(await press(sealed)).toEqual({ waiting: true });
    expect((await stateOf()).tap).toMatchObject({ state: 'waiting', fireAt: null, buttonSent: true });
    const { rows } = await app.database.query('SELECT secret_sealed FROM armed_packet WHERE locator = $1', [Buffer.from(sealed.locator)]);
    expect(rows).toEqual([{ secret_sealed: null }]);
    expect(await inTx((tx) => packets.sendNow(tx, keyOf(sealed)))).toMatchObject({ fired: true });
    expect((await stateOf()).tap).toBeNull();
    expect((await stateOf()).fired).toMatchObject([{ alertId: Buffer.from(sealed.alertId), purpose: 'tap' }]);
  });

  it('does nothing for another account, nor with another secret', async () => {
    const sealed = sealPacket(coalition);
    await arm(sealed);
    const stranger = coalition.p.randomBytes(32);
    expect(await inTx((tx) => packets.press(tx, keyOf(sealed, stranger)))).toEqual({ refused: 'unknown-packet' });
    expect(await inTx((tx) => packets.cancel(tx, keyOf(sealed, stranger)))).toEqual({ refused: 'unknown-packet' });
    const wrong = { ...keyOf(sealed), releaseSecret: coalition.p.randomBytes(32) };
    expect(await inTx((tx) => packets.press(tx, wrong))).toEqual({ refused: 'wrong-secret' });
    expect(await inTx((tx) => packets.press(tx, { ...wrong, releaseSecret: new Uint8Array(5) }))).toEqual({ refused: 'wrong-secret' });
    expect((await stateOf()).tap?.state).toBe('armed');
  });

  it('is sent although it has expired, and says so', async () => {
    const sealed = sealPacket(coalition);
    await arm(sealed);
    await app.database.query(`UPDATE armed_packet SET expires_at = now() - interval '1 day' WHERE locator = $1`, [Buffer.from(sealed.locator)]);
    expect((await stateOf()).tap?.expired).toBe(true);
    await inTx((tx) => packets.sendNow(tx, keyOf(sealed)));
    expect((await viewOf(app, sealed.alertId)).events[1]?.detail).toMatchObject({ by: 'button', expired: true });
  });

  it('takes the place of the earlier one, whose button then opens nothing; not during a countdown', async () => {
    const [first, second, third] = [sealPacket(coalition), sealPacket(coalition), sealPacket(coalition)];
    await arm(first);
    expect(await arm(first)).toMatchObject({ armed: true, repeated: true });
    await arm(second);
    expect(await press(first)).toEqual({ refused: 'unknown-packet' });
    await press(second);
    expect(await arm(third)).toEqual({ refused: 'counting-down' });
    expect(await inTx((tx) => packets.disarm(tx, { coalitionId, owner }))).toEqual({ refused: 'counting-down' });
    await inTx((tx) => packets.cancel(tx, keyOf(second)));
    expect(await inTx((tx) => packets.disarm(tx, { coalitionId, owner }))).toEqual({ disarmed: true });
    expect(await inTx((tx) => packets.disarm(tx, { coalitionId, owner }))).toEqual({ disarmed: false });
    expect(await arm(second)).toEqual({ refused: 'alert-exists' });
  });

  it('that is refused leaves the earlier one armed', async () => {
    const [first, bad] = [sealPacket(coalition), sealPacket(coalition, { gated: [TIER.T4] })];
    await arm(first);
    expect(await arm(bad)).toEqual({ refused: 'not-fully-gated' });
    expect(await press(first)).toHaveProperty('fireAt');
  });

  it('is refused with the reason while its owner can still mend it', async () => {
    const sealed = sealPacket(coalition);
    const refusal = async (packet: Uint8Array, releaseSecret = sealed.releaseSecret, countdownSeconds: number | null = 10) =>
      inTx((tx) => packets.arm(tx, { coalitionId, owner, packet, releaseSecret, countdownSeconds }));
    expect(await refusal(sealed.packet.slice(0, 300))).toEqual({ refused: 'truncated' });
    expect(await refusal(sealAlert(coalition).submission)).toEqual({ refused: 'not-armed' });
    expect(await refusal(sealed.packet, coalition.p.randomBytes(32))).toEqual({ refused: 'wrong-secret' });
    expect(await refusal(sealed.packet, sealed.releaseSecret, 61)).toEqual({ refused: 'bad-countdown' });
    expect(await refusal(sealed.packet, sealed.releaseSecret, 0.5)).toEqual({ refused: 'bad-countdown' });
    const tampered = sealed.packet.slice();
    tampered[tampered.length - 1] = (tampered.at(-1) ?? 0) ^ 1;
    expect(await refusal(tampered)).toEqual({ refused: 'bad-signature' });
    const withKeys = sealPacket(coalition, { header: { release: { '1': toBase64url(sealed.releaseSecret) } } });
    expect(await refusal(withKeys.packet, withKeys.releaseSecret)).toEqual({ refused: 'release-inside' });
    const unknown = sealPacket(coalition, { header: { policy: { id: 'none', sha256: '00'.repeat(32) } } });
    expect(await refusal(unknown.packet, unknown.releaseSecret)).toEqual({ refused: 'unknown-policy' });
    expect((await stateOf()).tap).toBeNull();
  });

  it('leaves nothing of an account that leaves, but what was sent', async () => {
    const [sent, open] = [sealPacket(coalition), sealPacket(coalition)];
    await arm(sent);
    await inTx((tx) => packets.sendNow(tx, keyOf(sent)));
    await arm(open);
    await inTx((tx) => packets.forgetOwner(tx, { coalitionId, owner }));
    expect(await stateOf()).toEqual({ tap: null, checkIns: [], fired: [] });
    for (const table of ['armed_packet', 'armed_notice']) {
      expect((await app.database.query(`SELECT FROM ${table} WHERE owner = $1`, [Buffer.from(owner)])).rowCount).toBe(0);
    }
    expect(await exists(sent)).toBe(true);
  });

  it('gives the seven words their meaning when it is sent, and not before', async () => {
    const sealed = sealPacket(coalition);
    const receipt = { locator: coalition.p.randomBytes(32), wrapped: coalition.p.randomBytes(48) };
    await inTx((tx) => packets.arm(tx, { ...keyOf(sealed), packet: sealed.packet, countdownSeconds: 10, receipt }));
    const read = async (): Promise<Buffer> => (await new Defender(app.url).ask('GET', `/receipts/${toBase64url(receipt.locator)}`)).bytes;
    expect((await read()).equals(Buffer.from(receipt.wrapped))).toBe(false);
    await inTx((tx) => packets.sendNow(tx, keyOf(sealed)));
    expect((await read()).equals(Buffer.from(receipt.wrapped))).toBe(true);
  });

  it('shows that people changed since, and is sent all the same', async () => {
    const sealed = sealPacket(coalition);
    await arm(sealed);
    expect((await stateOf()).tap?.olderRoster).toBe(false);
    const roster = nextRoster(coalition, (body) => ({ issued: body.issued }));
    await app.database.transaction((tx) => publishRoster(tx, app.database, coalition, roster));
    expect((await stateOf()).tap?.olderRoster).toBe(true);
    await inTx((tx) => packets.sendNow(tx, keyOf(sealed)));
    await until('the service has heard of the roster', async () => (await viewOf(app, sealed.alertId)).events[1]?.type === 'TRIGGER');
    expect(await exists(sealed)).toBe(true);
  });
});
