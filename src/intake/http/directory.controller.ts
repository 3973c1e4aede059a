import { Controller, Get, Inject, Param } from '@nestjs/common';
import { fromHex, toBase64url, type RosterBody, type SignedRoster } from '@jardam/protocol';
import { WATCH_POLICY_ID, type Policy } from '../../domain/policy.js';
import { Policies, type PolicyVersion } from '../../escalation/policies.js';
import { canonicalJson } from '../../escalation/policy-schema.js';
import { databaseNow } from '../../platform/clock/clock.js';
import { DEFAULT_COALITION } from '../../platform/coalition.js';
import {
  HTTP_CONFIG,
  INSTANCE_CONFIG,
  RETENTION_CONFIG,
  type HttpConfig,
  type InstanceConfig,
  type RetentionConfig,
} from '../../platform/config/slices.js';
import { Database } from '../../platform/database/database.js';
import { problem } from '../../platform/http/problem.js';
import { RosterStore } from '../../roster/roster-store.js';
import { problemOf } from './refusal-problems.js';

/** What a client needs before it can seal. It believes none of it: the roster is verified back to the pinned instance. */
interface InstanceAnswer {
  readonly instanceId: string;
  readonly coalition: { readonly name: Policy['name'] };
  readonly roster: { readonly version: number; readonly hash: string };
  /** `text` is the canonical JSON whose SHA-256 the roster names. */
  readonly policy: { readonly id: string; readonly version: number; readonly sha256: string; readonly text: string };
  readonly emergency: RosterBody['emergency'];
  readonly limits: {
    readonly alertBytes: number;
    /** Of the file itself; sealed and padded it may be about an eighth larger. */
    readonly attachmentBytes: number;
    readonly chunkBytes: number;
    readonly attachmentsPerAlert: number;
  };
  readonly demo: boolean;
  readonly time: string;
}

/** The public directory of a coalition. */
@Controller('api/v1')
export class DirectoryController {
  constructor(
    @Inject(RosterStore) private readonly rosters: RosterStore,
    @Inject(Policies) private readonly policies: Policies,
    @Inject(Database) private readonly database: Database,
    @Inject(INSTANCE_CONFIG) private readonly instance: InstanceConfig,
    @Inject(HTTP_CONFIG) private readonly http: HttpConfig,
    @Inject(RETENTION_CONFIG) private readonly retention: RetentionConfig,
  ) {}

  @Get('instance')
  async describe(): Promise<InstanceAnswer> {
    const roster = await this.rosters.current(DEFAULT_COALITION);
    const instanceId = await this.rosters.instanceId(DEFAULT_COALITION);
    const version = roster === null ? null : await this.policyOf(roster.body);
    if (roster === null || instanceId === null || version === null) throw problemOf({ refused: 'not-set-up' });
    const { policy, sha256 } = version;
    return {
      instanceId: toBase64url(instanceId),
      coalition: { name: policy.name },
      roster: { version: roster.version, hash: toBase64url(roster.hash) },
      policy: { id: policy.id, version: policy.version, sha256: sha256.toString('hex'), text: canonicalJson(policy) },
      emergency: roster.body.emergency,
      limits: {
        alertBytes: this.http.submissionLimitBytes,
        attachmentBytes: this.retention.attachmentLimitBytes,
        chunkBytes: this.http.chunkLimitBytes,
        attachmentsPerAlert: this.retention.attachmentsPerAlert,
      },
      demo: this.instance.demo,
      time: (await databaseNow(this.database)).toISOString(),
    };
  }

  /** All signed rosters, the first one first. */
  @Get('roster')
  async chain(): Promise<{ rosters: SignedRoster[] }> {
    const versions = await this.rosters.chain(DEFAULT_COALITION);
    if (versions.length === 0) throw problemOf({ refused: 'not-set-up' });
    return { rosters: versions.map(({ signed }) => signed) };
  }

  @Get('roster/:version')
  async version(@Param('version') version: string): Promise<SignedRoster> {
    const versions = await this.rosters.chain(DEFAULT_COALITION);
    const roster = /^[1-9]\d{0,8}$/.test(version) ? versions[Number(version) - 1] : undefined;
    if (roster === undefined) throw problem(404, 'not-found', 'There is no such roster');
    return roster.signed;
  }

  /** Of the policies that the roots have signed for, the one published last. */
  private async policyOf({ policies }: RosterBody): Promise<PolicyVersion | null> {
    let newest: PolicyVersion | null = null;
    for (const { id, sha256 } of policies) {
      const version = await this.policies.bySha256(this.database, DEFAULT_COALITION, id, fromHex(sha256, 32) ?? new Uint8Array());
      if (version === null || version.policy.id === WATCH_POLICY_ID) continue;
      if (version.policyVersionId > (newest?.policyVersionId ?? 0)) newest = version;
    }
    return newest;
  }
}
