/** From then on a message on its way counts as hanging. */
const hangingAfterMs = 2_000;
/** A contact with this many hanging messages gets no more of them. */
const hangingLimit = 2;

/** What is being sent at this moment by this process, by provider and by contact. */
export class InFlight {
  private readonly byProvider = new Map<string, Set<Sending>>();
  private readonly byContact = new Map<string, Set<Sending>>();
  private readonly all = new Set<Promise<void>>();

  constructor(private readonly steadyNow: () => number = () => performance.now()) {}

  /** Counts `sending` until it ends. It must not reject. */
  add(provider: string, contactId: string, sending: Promise<void>): void {
    const mine = { startedAt: this.steadyNow() };
    put(this.byProvider, provider, mine);
    put(this.byContact, contactId, mine);
    const counted = sending.finally(() => {
      take(this.byProvider, provider, mine);
      take(this.byContact, contactId, mine);
      this.all.delete(counted);
    });
    this.all.add(counted);
  }

  /** Providers with more than this many messages on their way. */
  fullProviders(limit: number): string[] {
    return [...this.byProvider].filter(([, sendings]) => sendings.size > limit).map(([provider]) => provider);
  }

  /**
   * Contacts that get no more for the moment: with more than this many messages on their way, or with some that hang.
   * A burst for one person goes out at once; a mailbox that lets every connection hang must not hold them all.
   */
  crowdedContacts(limit: number): string[] {
    const hangingSince = this.steadyNow() - hangingAfterMs;
    const hanging = (sendings: ReadonlySet<Sending>): number => [...sendings].filter(({ startedAt }) => startedAt <= hangingSince).length;
    return [...this.byContact].filter(([, sendings]) => sendings.size > limit || hanging(sendings) >= hangingLimit).map(([contactId]) => contactId);
  }

  /** Resolves when all that was on its way has ended. */
  async ended(): Promise<void> {
    await Promise.all(this.all);
  }
}

interface Sending {
  readonly startedAt: number;
}

function put(sets: Map<string, Set<Sending>>, key: string, sending: Sending): void {
  const set = sets.get(key) ?? new Set();
  sets.set(key, set.add(sending));
}

function take(sets: Map<string, Set<Sending>>, key: string, sending: Sending): void {
  const set = sets.get(key);
  set?.delete(sending);
  if (set?.size === 0) sets.delete(key);
}
