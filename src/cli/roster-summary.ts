import { fromBase64url, keyFingerprint, type Primitives, type RosterBody, type RosterResponder } from '@jardam/protocol';
import { wordsFromBytes } from '@jardam/protocol/words';
import { custodianWords } from './custodian-key.js';

/** A roster in lines that a custodian can read aloud. */
export function describeRoster(p: Primitives, body: RosterBody, instanceId: Uint8Array): string[] {
  return [
    `Roster version ${body.version}, issued ${body.issued}, valid until ${body.not_after}`,
    `Instance: ${wordsFromBytes(instanceId).join(' ')}`,
    `Custodians: ${body.threshold} of ${body.roots.length} must sign`,
    ...body.roots.map((root) => `  ${rootWords(p, root)}`),
    'Organisations:',
    ...body.organisations.map(({ id, name }) => `  ${id}: ${name.en}`),
    'People:',
    ...(body.responders.length === 0 ? ['  nobody yet'] : body.responders.map((each) => `  ${describePerson(p, each)}`)),
    `Policies: ${body.policies.map(({ id, sha256 }) => `${id} (${sha256.slice(0, 16)}…)`).join(', ') || 'none'}`,
    `Telephone numbers: ${body.emergency.map(({ label, phone }) => `${label.en} ${phone}`).join(', ') || 'none'}`,
  ];
}

/** What `next` changes in `before`, one line each: this is what a custodian signs. */
export function describeChanges(p: Primitives, before: RosterBody | null, next: RosterBody, instanceId: Uint8Array): string[] {
  if (before === null) return describeRoster(p, next, instanceId);
  const lines: string[] = [];
  const was = new Map(before.responders.map((each) => [each.rid, each]));
  for (const each of next.responders) {
    const earlier = was.get(each.rid);
    was.delete(each.rid);
    if (earlier === undefined) lines.push(`+ ${describePerson(p, each)}`);
    else lines.push(...personChanges(p, earlier, each));
  }
  for (const gone of was.values()) lines.push(`- ${describePerson(p, gone)}`);
  const roots = difference(before.roots, next.roots);
  lines.push(...roots.added.map((root) => `+ custodian ${rootWords(p, root)}`), ...roots.removed.map((root) => `- custodian ${rootWords(p, root)}`));
  if (before.threshold !== next.threshold) lines.push(`~ signatures needed: ${before.threshold} → ${next.threshold}`);
  const organisations = difference(before.organisations.map(describeJson), next.organisations.map(describeJson));
  lines.push(...organisations.added.map((text) => `+ organisation ${text}`), ...organisations.removed.map((text) => `- organisation ${text}`));
  const policies = difference(before.policies.map(describeJson), next.policies.map(describeJson));
  lines.push(...policies.added.map((text) => `+ policy ${text}`), ...policies.removed.map((text) => `- policy ${text}`));
  const phones = difference(before.emergency.map(describeJson), next.emergency.map(describeJson));
  lines.push(...phones.added.map((text) => `+ telephone ${text}`), ...phones.removed.map((text) => `- telephone ${text}`));
  if (before.log_key !== next.log_key) lines.push('~ key of the log');
  if (before.not_after !== next.not_after) lines.push(`~ valid until ${next.not_after}`);
  return lines;
}

function describePerson(p: Primitives, each: RosterResponder): string {
  const tiers = each.tiers.length === 0 ? 'no tier' : `tier ${each.tiers.join(', ')}`;
  return `${each.rid} ${each.org}, ${each.role}, ${tiers}, ${each.status}: ${personWords(p, each)}`;
}

function personChanges(p: Primitives, before: RosterResponder, next: RosterResponder): string[] {
  const name = `${next.rid} ${next.org}, ${next.role}`;
  const lines: string[] = [];
  if (before.sig_pk !== next.sig_pk || before.kem_pk !== next.kem_pk) lines.push(`! ${name}: OTHER KEYS, now ${personWords(p, next)}`);
  if (before.status !== next.status) lines.push(`~ ${name}: ${before.status} → ${next.status}`);
  if (before.tiers.join() !== next.tiers.join()) lines.push(`~ ${name}: tiers ${before.tiers.join(', ')} → ${next.tiers.join(', ')}`);
  if (before.org !== next.org || before.role !== next.role) lines.push(`~ ${name}: was ${before.org}, ${before.role}`);
  return lines;
}

/** The eight words that the person reads to the coordinator on their first day. */
export function personWords(p: Primitives, each: Pick<RosterResponder, 'sig_pk' | 'kem_pk'>): string {
  const [signPk, kemPk] = [fromBase64url(each.sig_pk, 32), fromBase64url(each.kem_pk)];
  return signPk && kemPk ? wordsFromBytes(keyFingerprint(p, { signPk, kemPk })).join(' ') : 'unreadable key';
}

function rootWords(p: Primitives, root: string): string {
  const publicKey = fromBase64url(root, 32);
  return publicKey ? custodianWords(p, publicKey).join(' ') : 'unreadable key';
}

function describeJson(value: object): string {
  return JSON.stringify(value);
}

function difference(before: readonly string[], next: readonly string[]): { added: string[]; removed: string[] } {
  return { added: next.filter((each) => !before.includes(each)), removed: before.filter((each) => !next.includes(each)) };
}
