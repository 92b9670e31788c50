/**
 * The far end of lanes/thread.ts: the set-up that a thread runs once. It installs our port and returns.
 *
 * Decides how the thread waits. Asleep on shared memory it wakes sooner than from the event loop, but then no timer, socket or stream of
 * user code moves; so it sleeps only when nothing of user code is alive, and waits in the loop once no work came for SLEEP ms.
 *
 *   loop --message--> drive --idle--> settle down --nothing alive--> asleep --wake--> drive
 *     ^                                    '--something alive--> loop    '--SLEEP over--> loop
 *
 * Settling down (settle-down.ts) lets what the task left behind run first.
 */
import process from 'node:process';
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { ABORT_MESSAGE, ABORT_TASK, ASLEEP, packSlot, slotEnd, slotNext, type ThreadSetup, WAKE } from '../wire/cells.ts';
import { checkToWorker } from '../wire/message-faults.ts';
import { BLOCKING, type Message, RETIRE } from '../wire/messages.ts';
import { catchLateErrors } from './late-errors.ts';
import { SettleDown } from './quiesce.ts';
import { LISTS_RESOURCES, resourcesAtRest, resourcesNow } from './resources.ts';
import { Runner } from './runner.ts';
import { Watch } from './spin-wait.ts';
import { sendOutput } from './thread-output.ts';
import type { FarEnd } from './transport.ts';

/** Looks between two readings of the clock. */
const LOOKS = 50;
/** Longest sleep, ms. Longer: what user code left unreferenced waits longer. Shorter: the first task after a pause wakes the slower way. */
const SLEEP = 20;

export async function startThread({ port, cells }: ThreadSetup): Promise<void> {
  const thread = new ThreadEnd(port, cells);
  catchLateErrors(thread.runner);
  await sendOutput((message, transfer) => thread.send(message, transfer));
  thread.listen();
}

class ThreadEnd implements FarEnd {
  readonly kind = 'thread';
  readonly medium = { sharesMemory: true, movesBuffers: true };
  readonly mode = BLOCKING;
  readonly runner: Runner = new Runner(this);
  readonly #port: MessagePort;
  readonly #cells: Int32Array;
  readonly #exit = process.exit.bind(process);
  /** What is alive in an idle thread; more than that is user code's. */
  #resourcesAtRest = 0;
  /** A message came since the last sleep ran out: sleeping is worth it. */
  #expectsWork = true;
  readonly #watch = new Watch();
  #busyFor = 0;
  readonly #settleDown = new SettleDown(() => this.#wait());

  constructor(port: MessagePort, cells: Int32Array) {
    this.#port = port;
    this.#cells = cells;
  }

  listen(): void {
    this.#port.on('message', (message: Message) => {
      this.#take(message);
      this.#work();
    });
    this.#port.on('messageerror', (error: unknown) => this.runner.receiveUnreadable(error));
    this.#resourcesAtRest = resourcesAtRest();
  }

  claim(slot: number, most: number): number {
    const cells = this.#cells;
    for (;;) {
      const cell = Atomics.load(cells, slot);
      const next = slotNext(cell);
      const end = slotEnd(cell);
      const count = Math.min(most, end - next);
      if (count <= 0) return 0;
      if (Atomics.compareExchange(cells, slot, cell, packSlot(next + count, end)) === cell) return count;
    }
  }

  send(message: Message, transfer?: readonly unknown[]): void {
    this.#port.postMessage(message, (transfer ?? []) as ArrayBuffer[]);
  }

  keepTurning(): void {
    // The port listens: the loop turns, and lives, by itself.
  }

  isAborted(sequence: number, place: number): boolean {
    return Atomics.load(this.#cells, ABORT_MESSAGE) === sequence && Atomics.load(this.#cells, ABORT_TASK) === place;
  }

  #take(message: Message): void {
    checkToWorker(message);
    this.#expectsWork = true;
    if (message[0] === RETIRE) this.#leave();
    else this.runner.receive(message);
  }

  #leave(): void {
    try {
      this.#exit(0);
    } catch (error) {
      // An 'exit' listener of user code threw; Node then goes on with a thread that can never end by itself. The other side ends it.
      this.runner.fatalError(error);
    }
  }

  /** Everything that lies in the port, in one go, then the tasks. */
  #work(): void {
    this.#drain();
    this.runner.drive();
  }

  #drain(): boolean {
    let some = false;
    for (;;) {
      let entry: { message: Message } | undefined;
      try {
        entry = receiveMessageOnPort(this.#port) as typeof entry;
      } catch (error) {
        this.runner.receiveUnreadable(error);
        continue;
      }
      if (entry === undefined) return some;
      some = true;
      this.#take(entry.message);
    }
  }

  idle(busyFor: number): void {
    this.#busyFor = busyFor;
    this.#settleDown.begin();
  }

  #wait(): void {
    while (this.runner.isIdle && this.runner.isReady && this.#expectsWork) {
      const seen = Atomics.load(this.#cells, WAKE);
      if (this.#drain()) {
        this.runner.drive();
        return;
      }
      if (!this.#isQuiet()) return;
      if (this.#sees(seen)) continue;
      Atomics.store(this.#cells, ASLEEP, 1);
      const woken = Atomics.wait(this.#cells, WAKE, seen, SLEEP);
      Atomics.store(this.#cells, ASLEEP, 0);
      if (woken === 'timed-out') this.#expectsWork = false;
    }
  }

  /** Whether a message was posted since `seen`, now or in a moment. */
  #sees(seen: number): boolean {
    const watch = this.#watch;
    if (!watch.begin(this.#busyFor)) return false;
    let found = false;
    do {
      for (let i = 0; i < LOOKS && !found; i++) found = Atomics.load(this.#cells, WAKE) !== seen;
    } while (!found && !watch.isOver);
    watch.ended(found);
    return found;
  }

  /** Nothing of user code is alive that the event loop would have to serve. */
  #isQuiet(): boolean {
    return LISTS_RESOURCES && resourcesNow() <= this.#resourcesAtRest;
  }
}
