/**
 * Tells for how long a debugger was attached to an inspector of this machine: time limits leave that time out.
 *
 *   watch --every LOOK_EVERY ms--> attached: the time since the last look counts          not attached: it does not
 *
 * Node has no event for a debugger that attaches. On Linux the connections to the port are read from /proc. Elsewhere a debugger counts as attached while the
 * inspector is open. It does not know what a time limit is.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import type { Clock } from '../primitives/clock.ts';
import { clearTicker, setTicker } from '../primitives/time.ts';

/** ms. Shorter: more exact. Longer: fewer reads while tasks run. */
const LOOK_EVERY = 100;
/** A line of /proc/net/tcp: a connection to this port that is established. */
const CONNECTION = (port: number): RegExp =>
  new RegExp(`^\\s*\\d+: [0-9A-F]+:${port.toString(16).toUpperCase().padStart(4, '0')} [0-9A-F:]+ 01 `, 'm');

export class DebuggerWatch {
  readonly #clock: Clock;
  readonly #connection: RegExp;
  readonly #ticker: NodeJS.Timeout;
  #lookedAt: number;
  #attachedFor = 0;

  constructor(clock: Clock, port: number) {
    this.#clock = clock;
    this.#connection = CONNECTION(port);
    this.#lookedAt = clock.now();
    this.#ticker = setTicker(() => this.#look(), LOOK_EVERY);
    this.#ticker.unref();
  }

  /** ms so far. */
  attachedFor(): number {
    this.#look();
    return this.#attachedFor;
  }

  stop(): void {
    clearTicker(this.#ticker);
  }

  #look(): void {
    const now = this.#clock.now();
    if (this.#isAttached()) this.#attachedFor += now - this.#lookedAt;
    this.#lookedAt = now;
  }

  #isAttached(): boolean {
    if (process.platform !== 'linux') return true;
    try {
      return this.#connection.test(readFileSync('/proc/self/net/tcp', 'latin1'));
    } catch {
      return true;
    }
  }
}
