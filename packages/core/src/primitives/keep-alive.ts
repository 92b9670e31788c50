/**
 * Keeps the program alive exactly while something is open, by one referenced timer.
 *
 *   open = 0 --change(+)--> open > 0: the timer is referenced --change(-)--> open = 0: unreferenced, and freed after `finish`
 *
 * Workers and their channels never keep the program alive. It does not know what is open.
 */
import { clearTicker, setTicker } from './time.ts';

const LONGEST_DELAY = 2 ** 31 - 1;

export class KeepAlive {
  #open = 0;
  #ticker: NodeJS.Timeout | undefined;
  #isFinishing = false;

  /** The number of open things. */
  get open(): number {
    return this.#open;
  }

  /** `by` more things are open; negative: fewer. */
  change(by: number): void {
    const wasOpen = this.#open > 0;
    this.#open += by;
    if (wasOpen === this.#open > 0) return;
    if (!wasOpen) {
      this.#ticker ??= setTicker(() => undefined, LONGEST_DELAY);
      this.#ticker.ref();
    } else if (this.#isFinishing) this.#free();
    else this.#ticker?.unref();
  }

  /** The timer is not needed again once nothing is open. */
  finish(): void {
    this.#isFinishing = true;
    if (this.#open === 0) this.#free();
  }

  #free(): void {
    clearTicker(this.#ticker);
    this.#ticker = undefined;
  }
}
