/**
 * Catches the signals that ask the command to end, from its start on.
 *
 *   signal --before `deliver`--> kept --deliver--> handler          signal --later--> handler
 *
 * The loading of a subcommand takes a tenth of a second. A signal in this time must not end the program without its exit code and its summary.
 */
const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

export class SignalWatch {
  #early: NodeJS.Signals[] = [];
  #handler: ((signal: NodeJS.Signals) => void) | undefined;
  readonly #take = (signal: NodeJS.Signals): void => {
    if (this.#handler === undefined) this.#early.push(signal);
    else this.#handler(signal);
  };

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#take);
  }

  /** Gives the handler the signals that have come, and each one that comes. */
  deliver(handler: (signal: NodeJS.Signals) => void): void {
    this.#handler = handler;
    for (const signal of this.#early.splice(0)) handler(signal);
  }

  /** Signals do again what Node does with them. */
  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.#take);
  }
}
