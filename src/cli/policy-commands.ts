import { toHex } from '@jardam/protocol';
import type { Command } from 'commander';
import type { Policy } from '../domain/policy.js';
import { Policies } from '../escalation/policies.js';
import { loadPolicy, policySha256 } from '../escalation/policy-schema.js';
import { EvidenceLog } from '../evidence/evidence-log.js';
import { DEFAULT_COALITION } from '../platform/coalition.js';
import { ConfigError } from '../platform/config/config-error.js';
import type { CommandContext } from './command-context.js';
import { loadCryptography } from './cryptography.js';
import { readConfig, withDatabase } from './database-access.js';
import { CliFailure } from './failure.js';

/** `jardam policy …`: the ladder, who is told after how long. */
export function addPolicyCommands(program: Command, { terminal, environment }: CommandContext): void {
  const policy = program.command('policy').description('ladders: who is told after how long without an answer');

  policy
    .command('check')
    .description('check a policy file and say in words what it does; changes nothing')
    .argument('<file>', 'policy file, see config/policies/')
    .action((file: string) => {
      const checked = readPolicy(file);
      for (const line of describePolicy(checked)) terminal.say(line);
    });

  policy
    .command('publish')
    .description('publish a policy; new alerts run on it once a roster names it, running ones keep theirs')
    .argument('<file>', 'policy file')
    .action(async (file: string) => {
      const checked = readPolicy(file);
      const { p } = await loadCryptography();
      const outcome = await withDatabase(readConfig(environment), (database) =>
        database.transaction((tx) => new Policies(new EvidenceLog(p)).publish(tx, DEFAULT_COALITION, checked)),
      );
      if ('refused' in outcome) {
        throw new CliFailure(`version ${checked.version} of the policy "${checked.id}" is not newer than the published one: raise its version`);
      }
      terminal.say(`${checked.id} version ${checked.version} is published: ${toHex(outcome.sha256)}`);
      terminal.note('Next: let a roster name it (jardam roster draft), so that the custodians sign what senders are promised.');
    });

  policy
    .command('list')
    .description('show all published policies')
    .action(async () => {
      const { rows } = await withDatabase(readConfig(environment), (database) =>
        database.query<{ policy_id: string; version: number; sha256: Buffer; published_at: Date }>(
          `SELECT policy_id, version, sha256, published_at FROM policy_version WHERE coalition_id = $1 ORDER BY policy_version_id`,
          [DEFAULT_COALITION],
        ),
      );
      if (rows.length === 0) terminal.note('no policy is published');
      for (const row of rows) {
        terminal.say(`${row.policy_id}  version ${row.version}  ${toHex(row.sha256)}  ${row.published_at.toISOString()}`);
      }
    });
}

function readPolicy(file: string): Policy {
  try {
    return loadPolicy(file);
  } catch (error) {
    if (error instanceof ConfigError) throw new CliFailure(error.message);
    throw error;
  }
}

const SEVERITIES = ['S1', 'S2', 'S3', 'S4'] as const;

function describePolicy(policy: Policy): string[] {
  const rows = [
    ['tier', ...SEVERITIES, 'who'],
    ...policy.tiers.map((tier) => [
      tier.key,
      ...SEVERITIES.map((severity) => describeDelay(tier.afterMs[severity])),
      [
        tier.name.en,
        tier.consent === null ? '' : `only with consent: ${tier.consent}`,
        tier.gated ? 'cannot read earlier' : '',
        tier.by === 'task' ? 'a person is asked to do it' : '',
      ]
        .filter((part) => part !== '')
        .join('; '),
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return [
    `${policy.id} version ${policy.version}, ${policy.zone}, sha256 ${toHex(policySha256(policy))}`,
    ...rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()),
    `an answer holds for ${SEVERITIES.map((severity) => `${describeDelay(policy.ack.expiresMs[severity])} (${severity})`).join(', ')}`,
  ];
}

function describeDelay(delay: number | 'next_shift' | null): string {
  if (delay === null) return 'never';
  if (delay === 'next_shift') return 'next shift';
  if (delay === 0) return 'at once';
  const units: [string, number][] = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1_000],
  ];
  const [name, size] = units.find(([, unit]) => delay % unit === 0) ?? ['ms', 1];
  return `${delay / size} ${name}`;
}
