/**
 * Tells the nodes which running jobs to abort, and that this client lives: a member of BullMQ's relay, with a lease.
 *
 *   closed --work is open--> joined --LINGER ms without work--> closed          end: closed for good
 *
 * The relay is experimental in BullMQ: only aborts and leases use it, and without it everything else works. It holds timers, so it is open only while the
 * program is kept alive by work.
 */
import type { Relay } from 'bullmq';
import type { Engine } from '../engine.ts';
import { signAbort } from '../wire/job-data.ts';

/** Milliseconds after which a client that says nothing counts as dead. */
export const LEASE = 15_000;
/** Milliseconds for which the channel stays open without work. */
const LINGER = 300;

export class ControlChannel {
  readonly #engine: Engine;
  readonly #client: string;
  readonly #secret: string | undefined;
  #relay: Relay | undefined;
  #idle: NodeJS.Timeout | undefined;
  #isEnded = false;

  constructor(engine: Engine, client: string, secret: string | undefined) {
    this.#engine = engine;
    this.#client = client;
    this.#secret = secret;
  }

  /** There is work. */
  join(): void {
    clearTimeout(this.#idle);
    this.#idle = undefined;
    if (this.#isEnded) return;
    this.#relay ??= this.#engine.openRelay(this.#client, LEASE);
  }

  /** There is no work for now. */
  rest(): void {
    this.#idle ??= setTimeout(() => void this.#close(), LINGER);
  }

  /** An abort that comes later is lost. */
  async end(): Promise<void> {
    this.#isEnded = true;
    await this.#close();
  }

  async abort(ids: readonly string[], grace: number): Promise<void> {
    if (ids.length === 0) return;
    this.join();
    const data = signAbort({ ids, grace }, this.#client, this.#secret);
    // The engine may be away: then the nodes lose their locks, or finish in vain.
    await this.#relay?.publish(`abort.${this.#client}`, data).catch(() => undefined);
  }

  async #close(): Promise<void> {
    clearTimeout(this.#idle);
    this.#idle = undefined;
    const relay = this.#relay;
    this.#relay = undefined;
    await relay?.close().catch(() => undefined);
  }
}
