// Whether what the service says about an alert is true: the chain of events holds, people's acts carry their own
// signatures, the ladder is the signed one, and the state shown is what all this says. The service may be seized or
// forced; a lie such as "somebody has taken it" costs more than a readable report.
import {
  ackProof,
  alertTag,
  equalBytes,
  eventHash,
  eventTimeGrainMs,
  fromBase64url,
  toBase64url,
  toHex,
  utf8,
  verifyEventChain,
  type LedgerEvent,
  type Primitives,
  type VerifiedRosterChain,
} from '@jardam/protocol';
import { verifyActs, type VerifiedAct } from './check-acts.js';
import type { ChainEnd, ClaimedRecord, RecordedAnswer, RecordFault } from './messages.js';
import type { AlertSecrets } from './open-alert.js';

export interface RecordCheck {
  readonly alertId: Uint8Array;
  readonly claimed: ClaimedRecord;
  readonly before: ChainEnd | null;
  readonly roster: VerifiedRosterChain;
  /** Null when this reader could not open the alert: then what only the content key can show stays unchecked. */
  readonly opened: AlertSecrets | null;
}

/** A chain whose hashes hold. */
interface Chain {
  readonly events: readonly LedgerEvent[];
  readonly hashes: readonly Uint8Array[];
}

/** Every way in which the record does not hold; empty when it does. What cannot even be read is a broken chain. */
export async function checkRecord(p: Primitives, check: RecordCheck): Promise<readonly RecordFault[]> {
  try {
    const chain = readChain(p, check);
    if (chain === null) return ['chain'];
    const { claimed, before, opened, roster } = check;
    const faults: RecordFault[] = [];
    if (before !== null && textOf(chain.hashes[before.n]) !== before.hash) faults.push('rewritten');
    const acts = verifyActs(p, { ...chain, shown: claimed.events, roster });
    if (acts === null) faults.push('signature');
    if (!eventsShownAsHashed(chain.events, claimed) || (acts !== null && !stateFollows(chain.events, acts, check))) {
      faults.push('shown-otherwise');
    }
    if (opened !== null && acts !== null && !claimed.acks.every((ack) => isProven(p, ack, acts, opened))) faults.push('proof');
    if (!(await isSignedPolicy(check))) faults.push('policy');
    return faults;
  } catch {
    // JSON of another shape than the types promise.
    return ['chain'];
  }
}

function readChain(p: Primitives, { alertId, claimed, opened }: RecordCheck): Chain | null {
  const bodies = claimed.events.map(({ body }) => fromBase64url(body) ?? new Uint8Array());
  const chain = verifyEventChain(p, bodies);
  if ('refused' in chain) return null;
  const hashes = bodies.map((body) => eventHash(p, body));
  const [first, second] = chain.events;
  const head = { n: hashes.length - 1, hash: textOf(hashes.at(-1)) };
  const holds =
    first !== undefined &&
    // A packet sealed beforehand was armed first and became an alert later; both events name the same envelope.
    (first.type === 'SUBMIT' || (first.type === 'ARM' && second?.type === 'TRIGGER' && equalBytes(second.object, first.object))) &&
    equalBytes(first.tag, alertTag(p, alertId)) &&
    (opened === null || equalBytes(first.object, opened.envelopeHash)) &&
    claimed.chainHead.n === head.n &&
    claimed.chainHead.hash === head.hash &&
    claimed.events.every(({ hash }, n) => hash === textOf(hashes[n]));
  return holds ? { events: chain.events, hashes } : null;
}

/** Beside the hashed bytes the service sends the same in readable form: that is what the page shows. */
function eventsShownAsHashed(events: readonly LedgerEvent[], { events: shown, view }: ClaimedRecord): boolean {
  return (
    view.events.length === events.length &&
    events.every((event, n) => {
      const [line, rung] = [shown[n], view.events[n]];
      if (line === undefined || rung === undefined) return false;
      const atMs = Date.parse(line.at);
      return (
        line.n === n &&
        line.type === event.type &&
        (line.tier ?? 0) === event.tier &&
        line.actorRid === (event.rid === null ? null : toHex(event.rid)) &&
        atMs - (atMs % eventTimeGrainMs) === event.time &&
        rung.n === n &&
        rung.type === line.type &&
        rung.at === line.at
      );
    })
  );
}

const answerTypes = { ack: 'ACK', decline: 'DECLINE', undecryptable: 'UNDECRYPTABLE' } as const;

function stateFollows(events: readonly LedgerEvent[], acts: readonly VerifiedAct[], check: RecordCheck): boolean {
  const { claimed, opened } = check;
  const severity = opened?.severity ?? claimed.view.severity;
  return (
    severity === claimed.view.severity &&
    answersFollow(acts, claimed) &&
    ownerFollows(events, acts, claimed) &&
    endFollows(acts, claimed, severity) &&
    requestsFollow(acts, claimed) &&
    ladderFollows(events, claimed, opened)
  );
}

/** Every answer shown is signed and in the chain, and none of the chain is kept back. */
function answersFollow(acts: readonly VerifiedAct[], { acks }: ClaimedRecord): boolean {
  const answers = acts.filter(({ type }) => Object.values<string>(answerTypes).includes(type));
  return answers.length === acks.length && acks.every((ack) => actOf(ack, answers) !== undefined);
}

function actOf(ack: RecordedAnswer, acts: readonly VerifiedAct[]): VerifiedAct | undefined {
  return acts.find(
    ({ type, rid, signed, statement }) =>
      type === answerTypes[ack.decision] &&
      rid === ack.rid &&
      signed === ack.statement &&
      statement.tier === ack.tier &&
      statement.gen === ack.gen,
  );
}

/** Whoever is named as having the alert took it themselves, and nothing has taken it from them since. */
function ownerFollows(events: readonly LedgerEvent[], acts: readonly VerifiedAct[], { owner, view }: ClaimedRecord): boolean {
  if (owner === null) return view.state !== 'acknowledged' && view.state !== 'handling';
  const took = acts.filter(({ rid, type, detail }) => rid === owner.rid && (type === 'ACK' || (type === 'HAND_OVER' && detail['phase'] === 'accepted'))).at(-1);
  const lost = events.filter(({ type }) => type === 'ENTER' || type === 'ACK_EXPIRED').at(-1);
  return took !== undefined && (lost === undefined || lost.n < took.n);
}

const ends: readonly string[] = ['resolved', 'stood_down', 'false_alarm'];

/** Closed alerts were closed by people who agreed: two of them where a life is at stake. */
function endFollows(acts: readonly VerifiedAct[], { view }: ClaimedRecord, severity: string): boolean {
  const closing = acts.find(({ type }) => type === 'CLOSE');
  if (closing === undefined || !ends.includes(view.state)) return closing === undefined && !ends.includes(view.state);
  const agreed = [...lastWishes(acts)].filter(([, outcome]) => outcome === view.state);
  return closing.detail['outcome'] === view.state && agreed.length >= (severity === 'S1' ? 2 : 1);
}

/** By person: the outcome with which they last asked to close. */
function lastWishes(acts: readonly VerifiedAct[]): ReadonlyMap<string, unknown> {
  return new Map(acts.filter(({ statement }) => statement.type === 'close').map(({ rid, detail }) => [rid, detail['outcome']]));
}

/** A made-up request to close would make a second person close an S1 alone; a made-up offer would take the alert from
 *  whoever has it. */
function requestsFollow(acts: readonly VerifiedAct[], { closeRequests, handOver }: ClaimedRecord): boolean {
  const wishes = lastWishes(acts);
  const asked = closeRequests.every(({ rid, outcome }) => wishes.get(rid) === outcome);
  if (handOver === null) return asked;
  const { fromRid, toRid, toOrg, acceptedBy } = handOver;
  const by = (rid: string, phase: string): VerifiedAct | undefined =>
    acts.filter((act) => act.type === 'HAND_OVER' && act.rid === rid && act.detail['phase'] === phase).at(-1);
  const offer = by(fromRid, 'asked');
  return (
    asked &&
    offer !== undefined &&
    (toRid === null ? offer.detail['toOrg'] === toOrg : offer.detail['toRid'] === toRid) &&
    (acceptedBy === null || by(acceptedBy, 'accepted') !== undefined)
  );
}

/** Tiers are shown as told exactly when the chain says that they were entered; none that the sender sealed to is shown
 *  as unwanted. */
function ladderFollows(events: readonly LedgerEvent[], { view }: ClaimedRecord, opened: AlertSecrets | null): boolean {
  const entered = new Set(events.filter(({ type }) => type === 'ENTER' || type === 'UNREACHABLE').map(({ tier }) => tier));
  const wanted = new Set(opened?.recipients.map(({ tier }) => tier));
  return view.tiers.every(
    ({ tier, status }) =>
      entered.has(tier) === ['notified', 'not_reached', 'task'].includes(status) && !(status === 'not_consented' && wanted.has(tier)),
  );
}

/** Only who opened the alert can make the proof of an acknowledgement; a stolen signature key alone cannot. */
function isProven(p: Primitives, ack: RecordedAnswer, acts: readonly VerifiedAct[], opened: AlertSecrets): boolean {
  const act = actOf(ack, acts);
  if (ack.decision !== 'ack' || act === undefined) return true;
  const { rid, hh, time } = act.statement;
  return equalBytes(hh, opened.hh) && ack.proof === toBase64url(ackProof(p, opened.contentKey, rid, time));
}

/** The ladder's text has its hash, a list of responders signed since the sealing names that hash, and the tiers shown
 *  are those of the text. */
async function isSignedPolicy({ claimed, roster, opened }: RecordCheck): Promise<boolean> {
  const { policy, view } = claimed;
  const sha256 = toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(policy.text) as Uint8Array<ArrayBuffer>)));
  // An older list than the sender's may name a ladder that the coalition has given up.
  const lists = roster.chain.filter(({ body }) => body.version >= (opened?.rosterVersion ?? 1));
  const named = lists.some(({ body }) => body.policies.some((each) => each.id === policy.id && each.sha256 === sha256));
  if (!named || policy.sha256 !== sha256) return false;
  const { id, tiers } = JSON.parse(policy.text) as { id: string; tiers: readonly { tier: number; key: string; name: Readonly<Record<string, string>> }[] };
  return (
    id === policy.id &&
    view.tiers.every(({ tier, key, name }) => {
      const signed = tiers.find((each) => each.tier === tier);
      return signed?.key === key && Object.entries(name).every(([lang, text]) => signed.name[lang] === text);
    })
  );
}

function textOf(hash: Uint8Array | undefined): string {
  return hash === undefined ? '' : toBase64url(hash);
}
