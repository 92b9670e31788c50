/**
 * Says whose task is next: that of the client that has had the least worker time (*charged*), among those with work and a lane to spare.
 *
 *   added, activate--> active --it rests, and MOST_RESTING others are there--> known: it is not looked at until it has work again
 *
 * Only active clients are looked at, however many there are. It does not know how much of a client's work goes where.
 */
import type { Chunk, Job } from '../jobs/job.ts';
import type { Lane } from '../lanes/lane.ts';
import type { Broadcasts } from './broadcasts.ts';
import type { Client } from './client.ts';

/** Clients without work that are still looked at; more, and each look is longer, fewer, and one that works now and then comes and goes. */
const MOST_RESTING = 8;

export class ActiveClients {
  readonly #all = new Set<Client>();
  /** Clients with work, and a few without. */
  readonly #active = new Set<Client>();
  readonly #lanes: readonly Lane[];
  readonly #broadcasts: Broadcasts;

  constructor(lanes: readonly Lane[], broadcasts: Broadcasts) {
    this.#lanes = lanes;
    this.#broadcasts = broadcasts;
  }

  get all(): ReadonlySet<Client> {
    return this.#all;
  }

  get active(): ReadonlySet<Client> {
    return this.#active;
  }

  /** A newcomer starts level with the one that has had least, neither ahead of nor behind those that work already. */
  add(client: Client): void {
    // What was charged in advance is not used yet.
    let least = Number.POSITIVE_INFINITY;
    for (const { used } of this.#active) least = Math.min(least, used);
    client.startAt(least === Number.POSITIVE_INFINITY ? 0 : least);
    this.#all.add(client);
    this.activate(client);
    if (this.#active.size > MOST_RESTING) this.countWaiting();
  }

  /** The client has work. */
  activate(client: Client): void {
    client.setActive(true);
    this.#active.add(client);
  }

  remove(client: Client): void {
    this.#all.delete(client);
    this.#active.delete(client);
  }

  /** No client has work. */
  get areResting(): boolean {
    for (const client of this.#active) if (!client.isResting) return false;
    return true;
  }

  /** Tasks that could be claimed now, as far as it is known; at least 1 where there is any. */
  countWaiting(): number {
    let waiting = 0;
    for (const client of this.#active) {
      waiting += client.claimable;
      if (this.#active.size > MOST_RESTING && client.isResting) {
        client.setActive(false);
        this.#active.delete(client);
      }
    }
    return waiting;
  }

  /** Tasks that wait, of all clients but `except`. */
  countQueued(except?: Client): number {
    let queued = 0;
    for (const client of this.#active) if (client !== except) queued += client.queued;
    return queued;
  }

  /** Tasks whose function is being found, or whose arguments are being checked. */
  countHeldUp(): number {
    let tasks = 0;
    for (const client of this.#active) if (client.isHeldUp) tasks += client.queued;
    return tasks;
  }

  /** The client whose task is next for this lane, behind those in `claimed`. */
  next(lane: Lane, claimed: readonly Chunk[]): Client | undefined {
    let next: Client | undefined;
    for (const client of this.#active) {
      if (next !== undefined && client.charged >= next.charged) continue;
      if (client.front() === undefined || !this.#mayUse(client, lane, claimed)) continue;
      next = client;
    }
    return next;
  }

  /** Whether what is taken back may run in `idle` at once. */
  mayMove(job: Job, idle: Lane): boolean {
    const client = job.owner as Client;
    return !this.#broadcasts.has(job) && !client.isHeldUp && this.#mayUse(client, idle, []);
  }

  /** Not all that lies in one lane may run in each other one. */
  get isAnyHeld(): boolean {
    if (!this.#broadcasts.isEmpty) return true;
    for (const { options, isHeldUp } of this.#active) if (isHeldUp || options.maxLanes < this.#lanes.length) return true;
    return false;
  }

  /** A facade may be held to fewer lanes than there are. */
  #mayUse(client: Client, lane: Lane, claimed: readonly Chunk[]): boolean {
    const { maxLanes } = client.options;
    if (maxLanes >= this.#lanes.length || claimed.some(({ job }) => job.owner === client)) return true;
    let used = 0;
    for (const other of this.#lanes) {
      // A broadcast does not count: it runs on all lanes.
      if (other.state === 'retiring' || !this.#hasTasksOf(other, client)) continue;
      if (other === lane) return true;
      used += 1;
    }
    return used < maxLanes;
  }

  /** The lane has tasks of this client, other than those of broadcasts. */
  #hasTasksOf(lane: Lane, client: Client): boolean {
    if (this.#broadcasts.isEmpty) return hasTasksOf(lane, client);
    return lane.chunks.some(({ job }) => job.owner === client && !this.#broadcasts.has(job));
  }
}

export function hasTasksOf({ slots }: Lane, client: Client): boolean {
  for (const slot of slots) if (slot.chunks.some(({ job }) => job.owner === client)) return true;
  return false;
}
