import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Reachable } from '../domain/alert.js';
import { Database } from '../platform/database/database.js';
import { ROSTER_CHANNEL } from '../roster/roster-store.js';
import { readReachable } from './reachable-contacts.js';

/** How old the picture may be when a notification about a change was lost. */
const maxAgeMs = 5_000;

/**
 * Who is on call, kept in memory for the intake, which has one round trip for everything. The tick reads anew.
 * A picture that is a few seconds old can at worst queue a message to somebody who was disabled meanwhile; the outbox
 * looks at the contact again before it sends.
 */
@Injectable()
export class OnCall implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('OnCall');
  private readonly pictures = new Map<number, { readonly reachable: Reachable; readonly readAt: number }>();
  private readonly reading = new Map<number, Promise<Reachable>>();
  private stopListening: (() => Promise<void>) | undefined;

  constructor(private readonly database: Database) {}

  async onModuleInit(): Promise<void> {
    this.stopListening = await this.database.listen(ROSTER_CHANNEL, () => this.pictures.clear());
  }

  async onModuleDestroy(): Promise<void> {
    await this.stopListening?.();
  }

  /** Everybody who can be reached now, from memory when that is fresh. */
  async reachable(coalitionId: number): Promise<Reachable> {
    const known = this.pictures.get(coalitionId);
    const age = known ? performance.now() - known.readAt : Infinity;
    if (known && age < maxAgeMs) return known.reachable;
    const reading = this.reading.get(coalitionId) ?? this.read(coalitionId);
    this.reading.set(coalitionId, reading);
    return reading;
  }

  private async read(coalitionId: number): Promise<Reachable> {
    const readAt = performance.now();
    try {
      const reachable = await readReachable(this.database, coalitionId);
      this.pictures.set(coalitionId, { reachable, readAt });
      if (reachable.byTier.size === 0) this.logger.warn('nobody of any tier can be reached: alerts go straight to the duty desk');
      return reachable;
    } finally {
      this.reading.delete(coalitionId);
    }
  }
}
