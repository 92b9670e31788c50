/**
 * Connects a worker thread to its lane: receives messages from ring and port, and waits for them (the other side: lanes/thread-transport.ts).
 *
 * A sleep on shared memory ends sooner than a wait in the event loop, but timers, sockets and streams of user code stop meanwhile. So the thread sleeps
 * only when user code has left nothing that the event loop must serve, and waits in the event loop after SLEEP ms without work.
 *
 *   loop --message--> drive --idle--> quiesce --no leftovers--> asleep --wake--> drive
 *     ^                                  '--leftovers--> loop       '--SLEEP over--> loop
 *
 * The states and the wake-up protocol are in ARCHITECTURE.md, section 4.
 */
import process from 'node:process';
import { TwinpoolError } from '../errors.ts';
import {
  ABORT_MESSAGE,
  ABORT_TASK,
  ASLEEP,
  ATTENTIVE,
  cellOfSlot,
  endOfClaims,
  IN_LOOP,
  nextClaim,
  packClaims,
  type ThreadSetup,
  toLane,
  toWorker,
  WAKE,
} from '../wire/cells.ts';
import { checkToWorker } from '../wire/message-faults.ts';
import { BLOCKING, type Message, RETIRE } from '../wire/messages.ts';
import { RingPort } from '../wire/ring-port.ts';
import { catchLateErrors } from './late-errors.ts';
import { Quiesce } from './quiesce.ts';
import { LISTS_RESOURCES, resourcesAtRest, resourcesNow } from './resources.ts';
import { Runner } from './runner.ts';
import { SpinWait } from './spin-wait.ts';
import { sendOutput } from './thread-output.ts';
import type { WorkerTransport } from './transport.ts';
import { heapAndExternal, UsedMemory } from './used-memory.ts';

/** Polls between two readings of the clock. */
const LOOKS = 50;
/** ms. The longest sleep. Longer: unreferenced timers of user code wait longer. Shorter: the first task after a pause wakes the slower way. */
const SLEEP = 20;

export async function startThread(setup: ThreadSetup): Promise<void> {
  const thread = new ThreadTransport(setup);
  catchLateErrors(thread.runner.errors);
  await sendOutput((message, transfer) => thread.send(message, transfer));
  thread.listen();
}

class ThreadTransport implements WorkerTransport {
  readonly kind = 'thread';
  readonly capabilities = { sharesMemory: true, movesBuffers: true };
  readonly mode = BLOCKING;
  // Memory of an ArrayBuffer counts at once, however short the task is.
  readonly memory: UsedMemory = new UsedMemory(heapAndExternal, 0);
  readonly runner: Runner = new Runner(this);
  readonly #port: RingPort;
  readonly #cells: Int32Array;
  readonly #wakeCell: number;
  readonly #slots: number;
  readonly exit: (code: number) => void = process.exit.bind(process);
  /** The number of active resources of an idle thread. More than that belong to user code. */
  #resourcesAtRest = 0;
  /** A message arrived since the last sleep ran out: another sleep is worth it. */
  #expectsWork = true;
  readonly #spinWait = new SpinWait();
  #busyFor = 0;
  readonly #quiesce = new Quiesce(() => this.#wait());

  constructor({ port, cells, slots }: ThreadSetup) {
    this.#cells = cells;
    this.#slots = slots;
    const from = toWorker(slots);
    this.#wakeCell = from.sender + WAKE;
    this.#port = new RingPort(port, cells, toLane(slots), from, {
      received: (message) => this.#take(message),
      unreadable: (error) => this.runner.receiveUnreadable(error),
      broken: (cause) => {
        throw new TwinpoolError('the channel of this worker cannot be trusted any more: its ring is malformed', { cause });
      },
    });
  }

  listen(): void {
    this.#port.listen(() => this.runner.drive());
    this.#resourcesAtRest = resourcesAtRest();
  }

  claim(at: number, most: number): number {
    const cells = this.#cells;
    for (;;) {
      const cell = Atomics.load(cells, at);
      const next = nextClaim(cell);
      const end = endOfClaims(cell);
      const count = Math.min(most, end - next);
      if (count <= 0) return 0;
      if (Atomics.compareExchange(cells, at, cell, packClaims(next + count, end)) === cell) return count;
    }
  }

  unclaim(at: number): void {
    const cells = this.#cells;
    for (;;) {
      const cell = Atomics.load(cells, at);
      if (Atomics.compareExchange(cells, at, cell, packClaims(nextClaim(cell) - 1, endOfClaims(cell))) === cell) return;
    }
  }

  send(message: Message, transfer?: readonly unknown[]): void {
    this.#port.send(message, transfer);
  }

  keepTurning(): void {
    // The port listens, so the event loop keeps turning.
  }

  isAborted(slot: number, sequence: number, place: number): boolean {
    const first = cellOfSlot(slot, this.#slots);
    return Atomics.load(this.#cells, first + ABORT_MESSAGE) === sequence && Atomics.load(this.#cells, first + ABORT_TASK) === place;
  }

  #take(message: unknown): void {
    checkToWorker(message);
    this.#expectsWork = true;
    if (message[0] !== RETIRE) this.runner.receive(message);
    else if (message[1] === true) this.runner.finalize(() => this.#leave());
    else this.#leave();
  }

  #leave(): void {
    try {
      this.exit(0);
    } catch (error) {
      // An 'exit' listener of user code threw. Node then continues with a thread that cannot end without help. The lane terminates it.
      this.runner.errors.fatal(error);
    }
  }

  idle(busyFor: number): void {
    this.#busyFor = busyFor;
    this.#quiesce.begin();
  }

  /** Meanwhile the lane need not wake the event loop. */
  #wait(): void {
    this.#port.wait(ATTENTIVE);
    let waitsAgain = false;
    try {
      waitsAgain = this.#waitForWork();
    } finally {
      if (!waitsAgain) this.#enterLoop();
    }
  }

  /** Returns whether the thread waits again before its event loop turns. */
  #waitForWork(): boolean {
    const cells = this.#cells;
    const wake = this.#wakeCell;
    while (this.runner.isIdle && this.runner.isReady && this.#expectsWork) {
      const seen = Atomics.load(cells, wake);
      if (this.#port.read()) {
        this.runner.drive();
        return this.#quiesce.isNear;
      }
      if (!this.#isQuiet()) return false;
      if (this.#sees(seen)) continue;
      this.#port.wait(ASLEEP);
      // A record whose sender has read the state before has not raised WAKE.
      const woken = this.#port.hasRecord ? 'not-equal' : Atomics.wait(cells, wake, seen, SLEEP);
      this.#port.wait(ATTENTIVE);
      if (woken === 'timed-out') this.#expectsWork = false;
    }
    return false;
  }

  /** What came before the lane could see this state is read now. */
  #enterLoop(): void {
    this.#port.wait(IN_LOOP);
    if (this.#port.read()) this.runner.drive();
  }

  /** Polls for a record, or for a message of the port that came after `seen`. */
  #sees(seen: number): boolean {
    const spinWait = this.#spinWait;
    if (!this.runner.setup.polls || !spinWait.begin(this.#busyFor)) return false;
    let found = false;
    do {
      for (let i = 0; i < LOOKS && !found; i++) found = this.#port.hasRecord || Atomics.load(this.#cells, this.#wakeCell) !== seen;
    } while (!found && !spinWait.isOver);
    spinWait.ended(found);
    return found;
  }

  /** Whether user code has left nothing that the event loop must serve. */
  #isQuiet(): boolean {
    return LISTS_RESOURCES && resourcesNow() <= this.#resourcesAtRest;
  }
}
