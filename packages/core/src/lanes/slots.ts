/**
 * Keeps the slots of one worker: which of them are free, how many have a task, and whether tasks wait for too long to begin.
 *
 *   free --a task comes--> busy --answered, or taken back--> free
 *                            '--its task must end, and others go on (isStuck)--> stuck --answered--> free
 *
 * - A slot is made when it is first needed.
 * - With one slot nothing is counted here: the slot itself knows.
 *
 * It does not know the life of the worker, nor how a slot sends its tasks.
 */
import type { Chunk } from '../jobs/job.ts';
import type { KnownFunctions } from './known-functions.ts';
import type { Slot } from './slot.ts';

export class Slots {
  /** The slots that were used so far. */
  readonly all: Slot[] = [];
  /** The most slots of the worker. */
  readonly most: number;
  readonly #make: (index: number) => Slot;
  /** Slots without tasks; some of them may have got one since. */
  readonly #free: Slot[] = [];
  /** Slots with a task, and of these the stuck ones. */
  #busy = 0;
  #stuck = 0;
  #isHeldUp = false;

  constructor(most: number, make: (index: number) => Slot) {
    this.most = most;
    this.#make = make;
    this.#add();
  }

  get first(): Slot {
    return this.all[0] as Slot;
  }
  get areSeveral(): boolean {
    return this.most > 1;
  }
  /** The number of unanswered tasks. */
  get outstanding(): number {
    return this.areSeveral ? this.#busy : this.first.outstanding;
  }
  /** Of these, the tasks that are not settled. */
  get running(): number {
    return this.outstanding - this.#stuck;
  }
  get stuck(): number {
    return this.#stuck;
  }
  /** No slot has a task, and there is room for one. */
  get areFree(): boolean {
    return this.areSeveral ? this.#busy === 0 : this.first.isFree;
  }
  /** The number of messages that the worker has not answered. */
  get unanswered(): number {
    return this.areSeveral ? this.#busy : this.first.inFlight.messages.length;
  }
  /** The chunks that are not fully answered. */
  get chunks(): readonly Chunk[] {
    return this.areSeveral ? this.all.flatMap(({ chunks }) => chunks) : this.first.chunks;
  }
  /** A task waits in the worker for so long that its event loop must be busy. */
  get isHeldUp(): boolean {
    return this.#isHeldUp;
  }
  /** A slot that may be given a task now; `undefined`: none. */
  get free(): Slot | undefined {
    const free = this.#free;
    for (let slot = free.at(-1); slot !== undefined; slot = free.at(-1)) {
      if (slot.isFree) return slot;
      slot.isListed = false;
      free.pop();
    }
    return this.all.length < this.most ? this.#add() : undefined;
  }

  /** The slot that a message names; `undefined` if it was never used. */
  at(field: unknown): Slot | undefined {
    return field === undefined ? this.first : this.all[field as number];
  }

  /** Tasks came to a slot, or left it: brings the counts up to date. */
  changed(slot: Slot): void {
    const isBusy = slot.outstanding > 0;
    if (isBusy !== slot.isCounted) {
      slot.isCounted = isBusy;
      this.#busy += isBusy ? 1 : -1;
    }
    if (!slot.isListed && slot.isFree) {
      slot.isListed = true;
      this.#free.push(slot);
    }
  }

  /** The task of this slot must end, and is settled before the worker has answered. */
  stick(slot: Slot): void {
    if (!slot.isStuck) this.#stuck += 1;
    slot.disown();
  }

  /** Before an answer of this slot is settled. */
  answers(slot: Slot): void {
    if (slot.isStuck) this.#stuck -= 1;
    this.#isHeldUp = false;
  }

  /** Notes whether a task waits to begin since `since`, ms of the clock. Returns whether one waits that has not waited for so long, or for its module. */
  judgeWait(since: number, functions: KnownFunctions): boolean {
    let isAnyYoung = false;
    this.#isHeldUp = false;
    for (const slot of this.all) {
      if (slot.outstanding === 0 || (slot.hasBegun && isLoaded(slot, functions))) continue;
      if (!slot.hasBegun && slot.frontSince <= since) this.#isHeldUp = true;
      else isAnyYoung = true;
    }
    return isAnyYoung;
  }

  /** The worker has loaded a function: tasks of it that have not begun wait from now on. */
  loaded(id: number): void {
    for (const slot of this.all) if (slot.inFlight.front?.job.fn.id === id) slot.moduleLoaded();
  }

  /** The worker is gone. */
  clear(): void {
    this.#busy = this.#stuck = 0;
  }

  #add(): Slot {
    const slot = this.#make(this.all.length);
    this.all.push(slot);
    slot.isListed = true;
    this.#free.push(slot);
    return slot;
  }
}

/** Until then a task counts as begun, although it may come to wait for another one. */
function isLoaded({ inFlight: { front } }: Slot, functions: KnownFunctions): boolean {
  return front === undefined || functions.isLoaded(front.job.fn.id);
}
