import type { RosterBody } from '@jardam/protocol';
import type { RotaOutlook } from '../../escalation/rota-outlook.js';
import { readReachable } from '../../escalation/reachable-contacts.js';
import { DEFAULT_COALITION } from '../../platform/coalition.js';
import type { Database } from '../../platform/database/database.js';
import { ok, problem, roughly, warning, type Finding } from './finding.js';

const dayMs = 86_400_000;
/** Two of three custodians in different countries need time to meet. */
const renewalNoticeMs = 14 * dayMs;

/** Whether the roster still holds, and for how long. */
export function checkRoster(body: RosterBody | null, now: Date): Finding {
  if (body === null) return problem('roster', 'none is published: nobody can receive an alert (jardam roster draft)');
  const leftMs = Date.parse(body.not_after) - now.getTime();
  if (leftMs <= 0) return problem('roster', `version ${body.version} has expired: draft, sign and publish the next one now`);
  if (leftMs < renewalNoticeMs) return problem('roster', `version ${body.version} expires in ${roughly(leftMs)}: let the custodians sign the next one`);
  return ok('roster', `version ${body.version}, valid for ${roughly(leftMs)} more`);
}

/** What this check reads of a policy; the whole is the engine's business. */
interface LadderStep {
  readonly tier: number;
  readonly key: string;
  readonly by: 'people' | 'task';
}

/** For every step of every current ladder: is there somebody, and can they be told? */
export async function checkTiers(database: Database): Promise<Finding[]> {
  const { rows: policies } = await database.query<{ policy_id: string; version: number; tiers: LadderStep[] }>(
    `SELECT DISTINCT ON (policy_id) policy_id, version, body->'tiers' AS tiers FROM policy_version
     WHERE coalition_id = $1 ORDER BY policy_id, version DESC`,
    [DEFAULT_COALITION],
  );
  if (policies.length === 0) return [problem('policy', 'none is published: nobody can send an alert (jardam policy publish)')];
  const reach = await reachOfTiers(database);
  return policies.flatMap(({ policy_id: id, version, tiers }) => [
    ok('policy', `${id}, version ${version}, ${tiers.length} tiers`),
    ...tiers.filter(({ by }) => by === 'people').map(({ tier, key }) => checkTier(key, reach.get(tier))),
  ]);
}

interface Reach {
  readonly people: number;
  readonly reachable: number;
}

/** Members as the roster names them, and of these whom the engine itself would be able to tell now. */
async function reachOfTiers(database: Database): Promise<Map<number, Reach>> {
  const { byTier } = await readReachable(database, DEFAULT_COALITION);
  const { rows } = await database.query<{ tier: number; people: number }>(
    `SELECT tier, count(*)::int AS people FROM tier_member WHERE coalition_id = $1 GROUP BY tier`,
    [DEFAULT_COALITION],
  );
  return new Map(
    rows.map(({ tier, people }) => [tier, { people, reachable: new Set(byTier.get(tier)?.map(({ rid }) => rid)).size }]),
  );
}

function checkTier(key: string, reach: Reach | undefined): Finding {
  const name = `tier ${key}`;
  if (reach === undefined) return problem(name, 'nobody serves it: alerts will pass it as "not reached"');
  const { people, reachable } = reach;
  if (reachable === 0) return problem(name, `${people} people, none with a verified address: alerts will pass it as "not reached" (jardam contact list)`);
  if (reachable < people) return warning(name, `${reachable} of ${people} people have a verified address`);
  if (people === 1) return warning(name, 'one person, no deputy');
  return ok(name, `${people} people, all reachable`);
}

/** Whom the engine tells when a ladder ends without an answer. */
export async function checkLastResort(database: Database): Promise<Finding[]> {
  const { rows } = await database.query<{ purpose: string }>(
    `SELECT DISTINCT purpose FROM contact
     WHERE coalition_id = $1 AND rid IS NULL AND verified_at IS NOT NULL AND disabled_at IS NULL`,
    [DEFAULT_COALITION],
  );
  const there = new Set(rows.map(({ purpose }) => purpose));
  return (['duty_desk', 'operator'] as const).map((purpose) => {
    const name = purpose.replace('_', ' ');
    if (there.has(purpose)) return ok(name, 'has a verified address');
    const option = purpose === 'duty_desk' ? '--duty-desk' : '--operator';
    return problem(name, `has no verified address, so nobody is told when nobody answers (jardam contact add ${option} --verified)`);
  });
}

/** Whether somebody has duty in every tier through the coming week. */
export function checkShifts({ rota, tiers }: Pick<RotaOutlook, 'rota' | 'tiers'>): Finding {
  const set = rota.revision !== null;
  const where = (kind: string): string => tiers.filter(({ gaps }) => gaps.some((gap) => gap.kind === kind)).map(({ key }) => key).join(', ');
  // Without shifts, a tier of nobody or of one person is what the checks of tiers are about.
  if (!set) return ok('shifts', 'none are set: everybody of a tier is told at any hour');
  if (where('uncovered') !== '') return problem('shifts', `nobody has duty at some time of the coming week: ${where('uncovered')} (jardam rota check)`);
  const thin = [where('closed'), where('thin')].filter((keys) => keys !== '').join(', ');
  if (thin !== '') return warning('shifts', `too few people have duty at some time of the coming week: ${thin} (jardam rota check)`);
  return ok('shifts', 'two people or more have duty in every tier through the coming week');
}
