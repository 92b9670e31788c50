/**
 * Batch: one TASKS message in the worker, and how far its tasks have come.
 *
 *   runs:   [run of one function: items] [run] [run]
 *                  '-- #at: the next item       '-- nextRun
 *
 *   waiting --claim--> claimed --start--> running --moveOn--> the next task
 *      ^---- unclaim ----+'-- the program took the tasks back: the batch is over
 *
 * Only these methods move the cursor. `place` counts the tasks of the whole message, since the program names a task by message and place. A batch does not
 * know what a task does, nor its outcome.
 */
import {
  ARITY_SHIFT,
  type Message,
  RUN_EXPECT,
  RUN_FIELDS,
  RUN_FLAGS,
  RUN_FN,
  RUN_ITEMS,
  RUN_SPECIALS,
  SPECIAL_FIELDS,
} from '../wire/messages.ts';
import type { WorkerTransport } from './transport.ts';

/** Stands for an item that is in the specials of the run. */
export const SPECIAL: unique symbol = Symbol('special');

export class Batch {
  readonly sequence: number;
  /** Values of it were moved here: its tasks cannot run elsewhere. */
  readonly wasMoved: boolean;
  /** Where the claims of its tasks are noted (threads). */
  readonly #cell: number;
  readonly #runs: readonly unknown[];
  /** The position of the run in `#runs`, and of the run for which the load of its function was tried last. */
  #run = 0;
  #tried = -1;
  /** The tasks of the runs before, and the position of the next task in its run. */
  #before = 0;
  #at = 0;
  /** The next special of the run. */
  #special = 0;
  /** Positions in the run: the tasks before it have started; the tasks from there on, and before the other one, are claimed. */
  #startedTo = 0;
  #claimedTo = 0;

  constructor(message: Message) {
    this.sequence = message[1] as number;
    this.#cell = message[2] as number;
    this.#runs = message[3] as unknown[];
    this.wasMoved = message[5] === true;
  }

  get hasRun(): boolean {
    return this.#run < this.#runs.length;
  }
  get functionId(): number {
    return this.#runs[this.#run + RUN_FN] as number;
  }
  get flags(): number {
    return this.#runs[this.#run + RUN_FLAGS] as number;
  }
  /** The expected µs per task of the run; 0: unknown or long. */
  get expectation(): number {
    return this.#runs[this.#run + RUN_EXPECT] as number;
  }
  get items(): ArrayLike<unknown> {
    return this.#runs[this.#run + RUN_ITEMS] as ArrayLike<unknown>;
  }
  get specials(): readonly unknown[] | undefined {
    const specials = this.#runs[this.#run + RUN_SPECIALS];
    return Array.isArray(specials) ? specials : undefined;
  }
  /** Where results that are numbers go, an element for each task of the run; `undefined`: into the answers. */
  get results(): Float64Array | undefined {
    const results = this.#runs[this.#run + RUN_SPECIALS];
    return Array.isArray(results) ? undefined : (results as Float64Array | undefined);
  }
  /** The number of tasks of the run. */
  get count(): number {
    const arity = this.flags >>> ARITY_SHIFT;
    return arity === 0 ? this.items.length : this.items.length / arity;
  }

  get at(): number {
    return this.#at;
  }
  get place(): number {
    return this.#before + this.#at;
  }
  /** Claimed tasks have not started: one waits for its module, or several were claimed together. */
  get hasClaims(): boolean {
    return this.#claimedTo > this.#startedTo;
  }

  /** The load of the run's function was tried. */
  get isTried(): boolean {
    return this.#tried === this.#run;
  }

  tryLoad(): void {
    this.#tried = this.#run;
  }

  /** Claims up to `most` of the next tasks, unless some are claimed. Returns false if the program took them back. */
  claim(transport: WorkerTransport, most: number): boolean {
    if (!this.hasClaims) this.#claimedTo = this.#startedTo + transport.claim(this.#cell, most);
    return this.hasClaims;
  }

  /** The claimed task, if there is one, has not begun and may be taken back. */
  unclaim(transport: WorkerTransport): void {
    if (!this.hasClaims) return;
    this.#claimedTo = this.#startedTo;
    transport.unclaim(this.#cell);
  }

  /** The first claimed task starts. */
  start(): void {
    this.#startedTo = this.#at + 1;
  }

  /** The next task of the run gets its turn. */
  moveOn(): void {
    this.#at += 1;
  }

  /** The end of the claimed tasks: their positions in the run lie before it. */
  get claimedTo(): number {
    return this.#claimedTo;
  }

  /** All tasks before `at` have ended, and the claimed task there starts. For a loop that counts itself. */
  startAt(at: number): void {
    this.#at = at;
    this.#startedTo = at + 1;
  }

  /** All claimed tasks have ended. */
  endClaims(): void {
    this.#at = this.#startedTo = this.#claimedTo;
  }

  /** The tasks that have not started run elsewhere. */
  drop(): void {
    this.#run = this.#runs.length;
  }

  nextRun(): void {
    this.#run += RUN_FIELDS;
    this.#before += this.#at;
    this.#at = this.#startedTo = this.#claimedTo = 0;
    this.#special = 0;
  }

  /** The item of the next task: its argument, the list of its arguments, or SPECIAL. */
  item(items: ArrayLike<unknown>, specials: readonly unknown[] | undefined, arity: number): unknown {
    const at = this.#at;
    if (specials !== undefined && specials[this.#special] === at) return SPECIAL;
    return arity === 0 ? items[at] : argumentsAt(items, at * arity, arity);
  }

  /** The kind and the payload of the special item that is next. */
  get specialKind(): unknown {
    return this.specials?.[this.#special + 1];
  }
  get specialPayload(): unknown {
    return this.specials?.[this.#special + 2];
  }

  dropSpecial(): void {
    this.#special += SPECIAL_FIELDS;
  }
}

function argumentsAt(items: ArrayLike<unknown>, from: number, count: number): unknown[] {
  const args: unknown[] = [];
  for (let i = 0; i < count; i++) args.push(items[from + i]);
  return args;
}
