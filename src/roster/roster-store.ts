import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import {
  equalBytes,
  fromBase64url,
  instanceIdOf,
  parseRoster,
  rosterBodyBytes,
  RosterError,
  rosterHash,
  ShapeError,
  verifyRosterChain,
  type Primitives,
  type RosterBody,
  type RosterErrorCode,
  type SignedRoster,
} from '@jardam/protocol';
import { EvidenceLog } from '../evidence/evidence-log.js';
import { databaseNow } from '../platform/clock/clock.js';
import { PRIMITIVES } from '../platform/crypto.js';
import { Database, type Tx } from '../platform/database/database.js';
import { materialiseRoster } from './materialise.js';

/** Told whenever a roster or a contact changed; without payload, whoever hears it looks for themselves. */
export const ROSTER_CHANNEL = 'jardam_roster';

/** One published version, as the server keeps it. */
export interface PublishedRoster {
  readonly version: number;
  readonly hash: Uint8Array;
  readonly body: RosterBody;
  readonly signed: SignedRoster;
  readonly publishedAt: Date;
}

export type PublishRefusal =
  | { readonly refused: RosterErrorCode; readonly version?: number }
  /** The roster names a policy that was not published here: publish the policy first. */
  | { readonly refused: 'unknown-policy'; readonly policy: string };

export type PublishOutcome = { readonly version: number; readonly hash: Uint8Array; readonly instanceId: Uint8Array } | PublishRefusal;

interface Book {
  readonly instanceId: Uint8Array;
  /** Version 1 first. */
  readonly versions: readonly PublishedRoster[];
}

/** An envelope that names an unknown version makes us look again, but not more often than this. */
const lookAgainMs = 1_000;

/** The signed rosters of a coalition: who may answer. The server verifies what it publishes, but cannot make one. */
@Injectable()
export class RosterStore implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly books = new Map<number, Promise<Book | null>>();
  private readonly lookedAt = new Map<number, number>();
  private stopListening: (() => Promise<void>) | undefined;

  constructor(
    @Inject(PRIMITIVES) private readonly p: Primitives,
    @Inject(Database) private readonly database: Database,
    @Inject(EvidenceLog) private readonly evidence: EvidenceLog,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.stopListening = await this.database.listen(ROSTER_CHANNEL, () => this.books.clear());
  }

  async onModuleDestroy(): Promise<void> {
    await this.stopListening?.();
  }

  /**
   * Publishes the next version: verifies it together with the whole chain, stores it, rewrites the rows that hot
   * statements join, writes the ROSTER event. Publishing the current version again changes nothing and is no error.
   */
  async publish(tx: Tx, coalitionId: number, signed: SignedRoster): Promise<PublishOutcome> {
    // NO KEY: rows that refer to the coalition (contacts, invitations) may be written meanwhile.
    await tx.query('SELECT FROM coalition WHERE coalition_id = $1 FOR NO KEY UPDATE', [coalitionId]);
    const before = await this.read(tx, coalitionId);
    const verified = await this.verify(tx, before, signed);
    if ('refused' in verified) return verified;
    const { instanceId, body, hash } = verified;

    const latest = before?.versions.at(-1);
    if (latest?.version === body.version) return { version: body.version, hash, instanceId };
    const unknown = await firstUnknownPolicy(tx, coalitionId, body);
    if (unknown !== null) return { refused: 'unknown-policy', policy: unknown };

    const now = await databaseNow(tx);
    await tx.query(
      `INSERT INTO roster_version (coalition_id, version, hash, body, signatures, published_at)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [coalitionId, body.version, Buffer.from(hash), bodyBuffer(signed), JSON.stringify(signed.signatures), now],
    );
    await tx.query('UPDATE coalition SET instance_id = $2 WHERE coalition_id = $1 AND instance_id IS NULL', [
      coalitionId,
      Buffer.from(instanceId),
    ]);
    await materialiseRoster(tx, coalitionId, body);
    await this.evidence.appendToCoalition(tx, coalitionId, now, [
      { type: 'ROSTER', object: hash, detail: { version: body.version } },
    ]);
    await tx.query(`SELECT pg_notify('${ROSTER_CHANNEL}', '')`); // sent at commit
    return { version: body.version, hash, instanceId };
  }

  /** The newest version, or null before the first one was published. */
  async current(coalitionId: number): Promise<PublishedRoster | null> {
    return (await this.book(coalitionId))?.versions.at(-1) ?? null;
  }

  /** All versions, the first one first; what clients verify back to the instance they know. */
  async chain(coalitionId: number): Promise<readonly PublishedRoster[]> {
    return (await this.book(coalitionId))?.versions ?? [];
  }

  /** H("JDM1/instance", body of version 1), 32 bytes; null before the first version. */
  async instanceId(coalitionId: number): Promise<Uint8Array | null> {
    return (await this.book(coalitionId))?.instanceId ?? null;
  }

  /**
   * The published version that an envelope names, or null. `supersededAt` is the time at which a newer one was
   * published, null for the newest.
   */
  async find(
    coalitionId: number,
    version: number,
    hash: Uint8Array,
  ): Promise<{ readonly roster: PublishedRoster; readonly supersededAt: Date | null } | null> {
    let versions = await this.chain(coalitionId);
    if (version > versions.length && this.mayLookAgain(coalitionId)) {
      // Published a moment ago through another instance, and the notification is still under way.
      this.books.delete(coalitionId);
      versions = await this.chain(coalitionId);
    }
    const roster = versions[version - 1];
    if (roster === undefined || !equalBytes(roster.hash, hash)) return null;
    return { roster, supersededAt: versions[version]?.publishedAt ?? null };
  }

  private mayLookAgain(coalitionId: number): boolean {
    const now = performance.now();
    const before = this.lookedAt.get(coalitionId);
    if (before !== undefined && now - before < lookAgainMs) return false;
    this.lookedAt.set(coalitionId, now);
    return true;
  }

  private book(coalitionId: number): Promise<Book | null> {
    const known = this.books.get(coalitionId);
    if (known !== undefined) return known;
    const reading = this.read(this.database, coalitionId);
    this.books.set(coalitionId, reading);
    // A failed reading, and "there is none yet", must not be remembered.
    reading.then(
      (book) => book === null && this.forget(coalitionId, reading),
      () => this.forget(coalitionId, reading),
    );
    return reading;
  }

  private forget(coalitionId: number, reading: Promise<Book | null>): void {
    if (this.books.get(coalitionId) === reading) this.books.delete(coalitionId);
  }

  private async read(reader: Tx | Database, coalitionId: number): Promise<Book | null> {
    const { rows } = await reader.query<{
      version: number;
      hash: Buffer;
      body: Buffer;
      signatures: SignedRoster['signatures'];
      published_at: Date;
    }>(
      'SELECT version, hash, body, signatures, published_at FROM roster_version WHERE coalition_id = $1 ORDER BY version',
      [coalitionId],
    );
    const first = rows[0];
    if (first === undefined) return null;
    return {
      instanceId: instanceIdOf(this.p, first.body),
      versions: rows.map((row) => ({
        version: row.version,
        hash: row.hash,
        body: parseRoster(row.body),
        signed: { body: row.body.toString('base64url'), signatures: row.signatures },
        publishedAt: row.published_at,
      })),
    };
  }

  private async verify(
    tx: Tx,
    before: Book | null,
    signed: SignedRoster,
  ): Promise<{ instanceId: Uint8Array; body: RosterBody; hash: Uint8Array } | PublishRefusal> {
    const bytes = rosterBodyBytes(signed);
    if (bytes === null) return { refused: 'malformed' };
    const hash = rosterHash(this.p, bytes);
    const latest = before?.versions.at(-1);
    const again = latest !== undefined && equalBytes(latest.hash, hash);
    const chain = [...(before?.versions ?? []).map((each) => each.signed), ...(again ? [] : [signed])];
    const instanceId = before?.instanceId ?? instanceIdOf(this.p, bytes);
    try {
      const { current } = verifyRosterChain(this.p, chain, { instanceId, now: (await databaseNow(tx)).getTime() });
      return { instanceId, body: current.body, hash: current.hash };
    } catch (error) {
      if (error instanceof RosterError) {
        return { refused: error.code, ...(error.version === undefined ? {} : { version: error.version }) };
      }
      if (error instanceof ShapeError) return { refused: 'malformed' };
      throw error;
    }
  }
}

async function firstUnknownPolicy(tx: Tx, coalitionId: number, body: RosterBody): Promise<string | null> {
  for (const { id, sha256 } of body.policies) {
    const { rowCount } = await tx.query(
      'SELECT FROM policy_version WHERE coalition_id = $1 AND policy_id = $2 AND sha256 = $3',
      [coalitionId, id, Buffer.from(sha256, 'hex')],
    );
    if (rowCount === 0) return id;
  }
  return null;
}

function bodyBuffer(signed: SignedRoster): Buffer {
  return Buffer.from(fromBase64url(signed.body) ?? []);
}
