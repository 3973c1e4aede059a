import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createVault,
  decodeEvent,
  encodeEvent,
  eventHash,
  fromBase64url,
  minVaultMemoryBytes,
  statementHash,
  toBase64url,
  type LedgerEvent,
} from '@jardam/protocol';
import { loadSodiumArgon2 } from '@jardam/protocol/sodium';
import { wordsFromBytes } from '@jardam/protocol/words';
import { ContactBook } from '../../src/roster/contact-book.js';
import { createKeyring } from '../../web/desk/crypto/keyring.js';
import type { ChainEnd, KeyringApi, RecordedEvent, RecordFault } from '../../web/desk/crypto/messages.js';
import type { AlertDetail } from '../../web/desk/service/desk-api.js';
import { testApp, type TestApp } from '../support/app.js';
import { TIER, type PersonName } from '../support/coalition.js';
import { signIn, submit, type DeskClient } from '../support/desk-client.js';
import { advance, sendingTo, until } from '../support/ladder.js';
import { startMailSink, type MailSink } from '../support/mail-sink.js';
import { sealAlert, signAct, type AlertOptions, type SealedAlert } from '../support/sealed-alert.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';

/** Somebody at the desk: what they send, and the keyring that checks for them what comes back. */
interface Responder extends DeskClient {
  readonly keyring: KeyringApi;
}

describe('the record that the service gives of an alert', () => {
  let app: TestApp;
  let mail: MailSink;
  let coalition: StoredCoalition;
  const responders = new Map<PersonName, Responder>();

  beforeAll(async () => {
    mail = await startMailSink();
    app = await testApp({ config: sendingTo(mail.port) });
    coalition = await demoCoalition(app.database, { contacts: app.service.app.get(ContactBook) });
    for (const name of ['osh', 'oshReserve', 'lawyer', 'coordinator'] as const) {
      const client = await signIn(app.url, coalition, coalition.people[name]);
      responders.set(name, { ...client, keyring: await keyringOf(name) });
    }
  }, 60_000);
  afterAll(async () => {
    await app.stop();
    await mail.stop();
  });

  async function keyringOf(name: PersonName): Promise<KeyringApi> {
    const { p, people, instanceId, roster } = coalition;
    const argon2 = await loadSodiumArgon2();
    const keyring = createKeyring(p, argon2, { fromHash: wordsFromBytes, draw: () => [] });
    const { bytes } = await createVault(p, argon2, people[name].masterSecret, { passphrase: 'correct horse', memoryBytes: minVaultMemoryBytes });
    await keyring.unlock({ vault: bytes, secret: { passphrase: 'correct horse' } });
    await keyring.checkRoster({ versions: [roster.signed], instance: toBase64url(instanceId), memory: null, now: Date.now() });
    await keyring.identify({ rememberedRid: null });
    return keyring;
  }
  const at = (name: PersonName): Responder => {
    const responder = responders.get(name);
    if (responder === undefined) throw new Error('nobody of that name is at the desk');
    return responder;
  };
  async function report(options: AlertOptions = {}): Promise<SealedAlert> {
    const alert = sealAlert(coalition, { gated: [], ...options });
    await submit(app.url, alert);
    return alert;
  }
  const file = async (name: PersonName, alert: SealedAlert): Promise<AlertDetail> =>
    (await at(name).get(`/desk/alerts/${alert.alertIdHex}`)).json<AlertDetail>();
  async function faultsOf(name: PersonName, alert: SealedAlert, claimed: AlertDetail, before: ChainEnd | null = null): Promise<readonly RecordFault[]> {
    const { keyring } = at(name);
    const opened = await keyring.openAlert({
      alertId: alert.alertIdHex,
      tag: toBase64url(alert.tag),
      instance: toBase64url(coalition.instanceId),
      report: { bytes: alert.envelope.bytes, envelopeHash: toBase64url(alert.envelope.envelopeHash), receivedAt: claimed.view.receivedAt },
      messages: [],
      releaseKeys: {},
    });
    expect(opened).toHaveProperty('alert');
    return keyring.checkRecord({ alertId: alert.alertIdHex, claimed, before });
  }
  async function act(name: PersonName, alert: SealedAlert, ...[type, more]: [Parameters<DeskClient['act']>[1], Parameters<DeskClient['act']>[2]?]): Promise<void> {
    const answer = await at(name).act(alert, type, more);
    if (answer.status >= 300) throw new Error(`${type} by ${name} was refused: ${new TextDecoder().decode(answer.bytes)}`);
  }

  it('holds, for everybody who reads it, after every act of a long life', async () => {
    const alert = await report({ severity: 'S1' });
    const { people } = coalition;
    let before: ChainEnd | null = null;
    const stillHolds = async (...names: PersonName[]): Promise<void> => {
      for (const name of names) {
        const claimed = await file(name, alert);
        expect([claimed.events.at(-1)?.type, ...(await faultsOf(name, alert, claimed, before))]).toEqual([claimed.events.at(-1)?.type]);
        before = claimed.chainHead;
      }
    };
    await stillHolds('osh');
    await act('osh', alert, 'seen');
    await act('osh', alert, 'decline', { detail: { reason: 'off_duty' } });
    await stillHolds('osh', 'lawyer');
    await act('osh', alert, 'ack');
    await act('osh', alert, 'action', { detail: { code: 'lawyer_sent' } });
    await act('osh', alert, 'renew');
    await act('osh', alert, 'hand_over', { detail: { toRid: people.lawyer.ridHex } });
    await stillHolds('osh', 'lawyer');
    await act('lawyer', alert, 'hand_over_accept');
    await act('osh', alert, 'stand_down_check', { detail: { result: 'doubtful' } });
    await stillHolds('osh', 'lawyer');
    await act('lawyer', alert, 'escalate');
    await stillHolds('coordinator');
    await act('coordinator', alert, 'ack');
    await act('lawyer', alert, 'close', { detail: { outcome: 'false_alarm' } });
    await act('lawyer', alert, 'close', { detail: { outcome: 'resolved' } });
    await stillHolds('coordinator');
    await act('coordinator', alert, 'close', { detail: { outcome: 'resolved' } });
    await stillHolds('osh', 'lawyer', 'coordinator');
  }, 60_000);

  it('holds when nobody answers and the ladder begins again, and when an acknowledgement expires', async () => {
    const alert = await report({ severity: 'S1', consents: { eu: false } });
    const seen = new Set<string>();
    await until('the ladder began again', async () => {
      const claimed = await file('osh', alert);
      expect(await faultsOf('osh', alert, claimed)).toEqual([]);
      for (const { type } of claimed.events) seen.add(type);
      await advance(app.database, alert.alertId, 24 * 3_600_000);
      return claimed.events.filter(({ type, tier }) => type === 'ENTER' && tier === TIER.T1).length > 1;
    }, 60_000);
    await act('osh', alert, 'ack');
    await until('the acknowledgement expired', async () => {
      const claimed = await file('osh', alert);
      expect(await faultsOf('osh', alert, claimed)).toEqual([]);
      await advance(app.database, alert.alertId, 24 * 3_600_000);
      return claimed.events.some(({ type }) => type === 'ACK_EXPIRED');
    }, 60_000);
    expect([...seen]).toEqual(expect.arrayContaining(['NOT_CONSENTED', 'ENTER', 'LOOP']));
  }, 120_000);

  it('is read as of one moment, also while others act', async () => {
    const alert = await report({ severity: 'S2' });
    const elsewhere = await signIn(app.url, coalition, coalition.people.osh);
    let acting = true;
    const others = (async () => {
      for (let n = 0; n < 20; n++) {
        const answer = await (n === 10 ? elsewhere.act(alert, 'ack') : elsewhere.act(alert, 'action', { detail: { code: 'lawyer_sent' } }));
        expect(answer.status).toBe(200);
      }
    })().finally(() => {
      acting = false;
    });
    while (acting) expect(await faultsOf('oshReserve', alert, await file('osh', alert))).toEqual([]);
    await others;
  }, 60_000);

  describe('does not hold when somebody on the server', () => {
    let alert: SealedAlert;
    let true_: AlertDetail;

    beforeAll(async () => {
      alert = await report({ severity: 'S1' });
      await act('osh', alert, 'ack');
      await act('osh', alert, 'close', { detail: { outcome: 'resolved' } });
      true_ = await file('osh', alert);
      expect(await faultsOf('osh', alert, true_)).toEqual([]);
    });
    const look = (claimed: AlertDetail, before: ChainEnd | null = null): Promise<readonly RecordFault[]> => faultsOf('osh', alert, claimed, before);

    /** The whole record written anew around other events, hashes and all: what a server can do that has no keys. */
    function rewritten(events: readonly { event: LedgerEvent; line: RecordedEvent }[], change: Partial<AlertDetail> = {}): AlertDetail {
      const { p } = coalition;
      let prev: Uint8Array = new Uint8Array(32);
      const lines = events.map(({ event, line }, n): RecordedEvent => {
        const body = encodeEvent({ ...event, n, prev });
        prev = eventHash(p, body);
        return { ...line, n, body: toBase64url(body), hash: toBase64url(prev) };
      });
      return {
        ...true_,
        events: lines,
        chainHead: { n: lines.length - 1, hash: toBase64url(prev) },
        view: { ...true_.view, events: lines },
        ...change,
      };
    }
    const parts = (): { event: LedgerEvent; line: RecordedEvent }[] =>
      true_.events.map((line) => {
        const event = decodeEvent(bytesOf(line.body));
        if (event === null) throw new Error('the service sent an event of another form');
        return { event, line };
      });

    it('changes one bit of an event, or one of its hashes', async () => {
      const [first, second, ...rest] = true_.events;
      if (first === undefined || second === undefined) throw new Error('too short a chain');
      const body = bytesOf(second.body);
      body[40] = (body[40] ?? 0) ^ 1;
      expect(await look({ ...true_, events: [first, { ...second, body: toBase64url(body) }, ...rest] })).toEqual(['chain']);
      expect(await look({ ...true_, events: [first, { ...second, hash: first.hash }, ...rest] })).toEqual(['chain']);
      expect(await look({ ...true_, events: true_.events.slice(0, -1) })).toEqual(['chain']);
      expect(await look({ ...true_, events: [] })).toEqual(['chain']);
    });

    it('shows the record of another alert', async () => {
      const other = await report({ severity: 'S1' });
      expect(await look(await file('osh', other))).toEqual(['chain']);
    });

    it('forgets that somebody took it, and writes the chain anew', async () => {
      const without = rewritten(parts().filter(({ event }) => event.type !== 'ACK'), { acks: [], owner: null, view: { ...true_.view, state: 'notifying' } });
      const shown = { ...without, view: { ...without.view, events: without.events } };
      // Who closed it signed that they did so after the acknowledgement: that event is gone.
      expect(await look(shown)).toContain('signature');
      const cut = rewritten(parts().filter(({ event }) => event.rid === null), { acks: [], owner: null, closeRequests: [] });
      const silent = { ...cut, view: { ...cut.view, state: 'notifying' as const } };
      expect(await look(silent)).toEqual([]); // a reader who comes new to it cannot know …
      expect(await look(silent, true_.chainHead)).toEqual(['rewritten']); // … whoever has seen more can.
    });

    it('says that somebody has taken it who has not', async () => {
      const { people, p } = coalition;
      const lawyer = { rid: people.lawyer.ridHex };
      expect(await look({ ...true_, owner: lawyer })).toEqual(['shown-otherwise']);
      // With an event in the lawyer's name, unsigned …
      const [ack] = parts().filter(({ event }) => event.type === 'ACK');
      if (ack === undefined) throw new Error('there is no acknowledgement');
      const named = { event: { ...ack.event, rid: people.lawyer.rid }, line: { ...ack.line, actorRid: people.lawyer.ridHex } };
      const unsigned = { ...named, event: { ...named.event, signature: null, object: new Uint8Array(32) }, line: { ...named.line, statement: null } };
      expect(await look(rewritten([...parts(), unsigned], { owner: lawyer }))).toEqual(['signature']);
      // … with the signature of the one who did take it …
      expect(await look(rewritten([...parts(), named], { owner: lawyer }))).toEqual(['signature']);
      // … or with a statement in the lawyer's name that the server has signed itself.
      const prevEventHash = bytesOf(true_.chainHead.hash);
      const forged = signAct(coalition, { ...people.lawyer, keys: { ...people.lawyer.keys, signSeed: p.randomBytes(32) } }, alert, { type: 'ack', prevEventHash });
      const signed = {
        event: { ...named.event, signature: forged.signature, object: statementHash(p, forged.bytes), tier: forged.statement.tier },
        line: { ...named.line, statement: toBase64url(forged.bytes), tier: forged.statement.tier },
      };
      expect(await look(rewritten([...parts(), signed], { owner: lawyer }))).toEqual(['signature']);
    });

    it('lets a stolen signing key answer for somebody who never opened the alert', async () => {
      const proof = toBase64url(coalition.p.randomBytes(32));
      expect(await look({ ...true_, acks: true_.acks.map((each) => ({ ...each, proof })) })).toEqual(['proof']);
      expect(await look({ ...true_, acks: true_.acks.map((each) => ({ ...each, proof: null })) })).toEqual(['proof']);
    });

    it('asks in somebody’s name that it be closed, or closes it', async () => {
      const { lawyer } = coalition.people;
      const request = { rid: lawyer.ridHex, outcome: 'resolved' as const, at: new Date().toISOString() };
      expect(await look({ ...true_, closeRequests: [...true_.closeRequests, request] })).toEqual(['shown-otherwise']);
      expect(await look({ ...true_, view: { ...true_.view, state: 'resolved' } })).toEqual(['shown-otherwise']);
      // One person's signature does not close an S1, whatever the event is called.
      const closed = parts().map(({ event, line }) =>
        line.detail?.['code'] === 'close_requested' ? { event: { ...event, type: 'CLOSE' as const }, line: { ...line, type: 'CLOSE' } } : { event, line },
      );
      const claimed = rewritten(closed, { owner: true_.owner });
      expect(await look({ ...claimed, view: { ...claimed.view, state: 'resolved' } })).toEqual(['shown-otherwise']);
    });

    it('hides an answer, or shows other names, times and codes than were hashed', async () => {
      expect(await look({ ...true_, acks: [] })).toEqual(['shown-otherwise']);
      const change = (type: string, more: Partial<RecordedEvent>): AlertDetail => {
        const events = true_.events.map((line) => (line.type === type ? { ...line, ...more } : line));
        return { ...true_, events, view: { ...true_.view, events } };
      };
      expect(await look(change('ENTER', { at: new Date(Date.now() - 3_600_000).toISOString() }))).toEqual(['shown-otherwise']);
      expect(await look(change('ENTER', { tier: TIER.T4 }))).toEqual(['shown-otherwise']);
      expect(await look(change('ACK', { actorRid: coalition.people.lawyer.ridHex }))).toEqual(['shown-otherwise']);
      expect(await look(change('ACTION', { detail: { code: 'close_requested', outcome: 'false_alarm' } }))).toEqual(['signature']);
      expect(await look({ ...true_, handOver: { fromRid: coalition.people.osh.ridHex, toRid: coalition.people.lawyer.ridHex, toOrg: null, askedAt: '', acceptedAt: null, acceptedBy: null } })).toEqual(['shown-otherwise']);
    });

    it('makes it less urgent, or leaves a tier out that the sender wants', async () => {
      expect(await look({ ...true_, view: { ...true_.view, severity: 'S3' } })).toEqual(['shown-otherwise']);
      const tiers = true_.view.tiers.map((each) => (each.tier === TIER.T4 ? { ...each, status: 'not_consented' as const } : each));
      expect(await look({ ...true_, view: { ...true_.view, tiers } })).toEqual(['shown-otherwise']);
      const told = true_.view.tiers.map((each) => (each.tier === TIER.T4 ? { ...each, status: 'notified' as const } : each));
      expect(await look({ ...true_, view: { ...true_.view, tiers: told } })).toEqual(['shown-otherwise']);
    });

    it('runs it on another ladder than the signed one', async () => {
      const { policy } = true_;
      const text = policy.text.replace('"by":"people"', '"by":"task"');
      expect(text).not.toBe(policy.text);
      expect(await look({ ...true_, policy: { ...policy, text } })).toEqual(['policy']);
      expect(await look({ ...true_, policy: { ...policy, text, sha256: await sha256Hex(text) } })).toEqual(['policy']);
      const tiers = true_.view.tiers.map((each) => (each.tier === TIER.T4 ? { ...each, name: { ...each.name, en: 'Somebody else' } } : each));
      expect(await look({ ...true_, view: { ...true_.view, tiers } })).toEqual(['policy']);
    });

    it('answers with something else altogether', async () => {
      expect(await look({ ...true_, events: null } as unknown as AlertDetail)).toEqual(['chain']);
      expect(await look({ ...true_, view: {} } as unknown as AlertDetail)).toEqual(['chain']);
    });
  });
});

function bytesOf(base64url: string): Uint8Array {
  const bytes = fromBase64url(base64url);
  if (bytes === null) throw new Error('the service sent no base64url');
  return bytes.slice();
}

async function sha256Hex(text: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Buffer.from(hash).toString('hex');
}

