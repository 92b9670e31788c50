// Counts how often each task settles: the calls of its callback, and the settlements of its promise.

/** The counters have 8 bits: every count above one is wrong. */
export class Settles {
  #callbacks;
  #promises;
  done = 0;
  open = 0;
  #wake = () => undefined;

  constructor(tasks) {
    this.#callbacks = new Uint8Array(tasks);
    this.#promises = new Uint8Array(tasks);
  }

  /** Watches a future of an executor. Calls `settled(ok, value)` once. */
  watchFuture(index, future, settled) {
    this.open += 1;
    future.addDoneCallback(() => {
      this.#callbacks[index] += 1;
    });
    this.#follow(index, future, settled);
  }

  /** Returns options for `applyAsync` whose callbacks are counted. */
  callbacks(index) {
    const count = () => {
      this.#callbacks[index] += 1;
    };
    return { callback: count, errorCallback: count };
  }

  watchResult(index, result, settled) {
    this.open += 1;
    this.#follow(index, result, settled);
  }

  #follow(index, promise, settled) {
    const end = (ok, value) => {
      this.#promises[index] += 1;
      this.done += 1;
      this.open -= 1;
      settled(ok, value);
      this.#wake();
    };
    promise.then(
      (value) => end(true, value),
      (error) => end(false, error),
    );
  }

  /** Resolves when fewer than `most` are open. */
  async fewerThan(most) {
    while (this.open >= most) {
      await new Promise((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Returns how many of the first `tasks` never settled, and how many settled more than once. */
  check(tasks) {
    let never = 0;
    let twice = 0;
    for (let i = 0; i < tasks; i++) {
      const most = Math.max(this.#callbacks[i], this.#promises[i]);
      if (Math.min(this.#callbacks[i], this.#promises[i]) === 0) never += 1;
      if (most > 1) twice += 1;
    }
    return { never, twice };
  }
}
