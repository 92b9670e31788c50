/**
 * Moves a runtime from open to closed.
 *
 *   open --stopTaking--> closing --close--> the work of all clients ends --> all workers leave --.
 *     |'---------------- close --------------^                                                    +--> closed
 *     '----------------- terminate: all work is ended, all workers are ended --------------------'
 *
 * A terminate during a close makes the close end sooner: both have one end. The program is kept alive until the last worker is gone.
 */
import type { KeepAlive } from '../primitives/keep-alive.ts';
import type { Scheduler } from './scheduler.ts';
import type { Supervisor } from './supervisor.ts';

/** What others do on the way. */
export interface LifecycleSteps {
  /** No new work is taken any more. */
  closing(): void;
  /** What ends after the last worker is gone. */
  afterWorkers(): Promise<void> | undefined;
  /** The end. */
  closed(): void;
}

export class Lifecycle {
  readonly #scheduler: Scheduler;
  readonly #supervisor: Supervisor;
  readonly #keepAlive: KeepAlive;
  readonly #steps: LifecycleSteps;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #ended: Promise<void> | undefined;

  constructor(scheduler: Scheduler, supervisor: Supervisor, keepAlive: KeepAlive, steps: LifecycleSteps) {
    this.#scheduler = scheduler;
    this.#supervisor = supervisor;
    this.#keepAlive = keepAlive;
    this.#steps = steps;
  }

  /** The runtime takes new work. */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** No client takes new work. What was accepted goes on until `close` or `terminate`. */
  stopTaking(): void {
    if (!this.isOpen) return;
    this.#takeNoMore();
    for (const client of [...this.#scheduler.clients]) client.close();
  }

  /** Resolves when all accepted work has ended and every worker is gone. */
  close(): Promise<void> {
    this.#ended ??= this.#close();
    return this.#ended;
  }

  /** Ends the workers now; what clients have open ends with the error that each makes of `error()`. Resolves when every worker is gone. */
  terminate(error: () => unknown, force = false): Promise<void> {
    if (this.#state === 'closed') return Promise.resolve();
    this.#takeNoMore();
    for (const client of [...this.#scheduler.clients]) client.terminate(client.options.endedError(error()));
    const gone = this.#supervisor.kill(force);
    if (this.#ended !== undefined) return this.#ended;
    this.#keepAlive.change(1);
    this.#ended = gone.then(() => this.#steps.afterWorkers()).then(() => this.#finish());
    return this.#ended;
  }

  async #close(): Promise<void> {
    this.#takeNoMore();
    this.#keepAlive.change(1);
    const clients = [...this.#scheduler.clients];
    for (const client of clients) client.close();
    await Promise.all(clients.map((client) => client.drained()));
    await this.#supervisor.leave();
    await this.#steps.afterWorkers();
    this.#finish();
  }

  #takeNoMore(): void {
    this.#state = 'closing';
    this.#steps.closing();
  }

  #finish(): void {
    this.#state = 'closed';
    this.#steps.closed();
    this.#keepAlive.finish();
    this.#keepAlive.change(-1);
  }
}
