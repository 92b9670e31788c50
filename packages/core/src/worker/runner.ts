/**
 * Runs the worker: takes the messages of the program, sets the worker up, and lets its slots run their tasks in turn.
 *
 *   receive(TASKS) -> slot -> drive: each slot that has tasks, in turn --> slot-runner.ts --a promise, or a module--> goOn
 *                                      '-- no slot has anything to do: the transport waits
 *
 * Synchronous code runs one task at a time. With several slots a turn of the event loop follows LONGEST_TURN ms of it at the latest, once the task that
 * runs has ended or waits: timers and sockets of the other tasks go on, and the worker answers a PING. This file does not know how messages travel, nor
 * how a task is called.
 */
import type { AsyncResource } from 'node:async_hooks';
import { TwinpoolError } from '../errors.ts';
import { whenSettled } from '../primitives/promises.ts';
import { afterTurn, now } from '../primitives/time.ts';
import type { TaskDescriptor } from '../tasks/definition/task-descriptor.ts';
import { loadTask } from '../tasks/loading/load-task.ts';
import {
  ABORT,
  DEFINE,
  FORGET,
  INIT,
  type Message,
  PING,
  PONG,
  READY,
  SEPARATE_VALUE,
  TASKS,
  VALUE_OF,
  type WorkerSetup,
} from '../wire/messages.ts';
import { unpackValue } from '../wire/packed-value.ts';
import { Finalizer } from './finalizer.ts';
import { Functions, type LoadTask } from './functions.ts';
import { runStartCode } from './initializer.ts';
import { type Identity, newScope, type Owner, type TaskSource } from './ownership.ts';
import { type SlotHost, SlotRunner } from './slot-runner.ts';
import { startContext } from './start-context.ts';
import { type ErrorReporter, type RunningTasks, StrayErrors } from './stray-errors.ts';
import type { TaskContext } from './task-context.ts';
import { TaskOwners } from './task-owners.ts';
import type { WorkerTransport } from './transport.ts';

/** ms of tasks without a turn of the event loop, if the worker has several slots. More: fewer turns. Less: timers and sockets of tasks are served sooner. */
const LONGEST_TURN = 2;

export class Runner implements TaskSource, SlotHost, RunningTasks {
  readonly transport: WorkerTransport;
  readonly scope: AsyncResource = newScope('TWINPOOL_WORKER');
  readonly owners: TaskOwners;
  readonly functions: Functions;
  /** Errors of user code outside of a call. */
  readonly errors: StrayErrors;
  readonly #load: LoadTask;
  isShared = false;
  identity!: Identity;
  #setup: WorkerSetup | undefined;
  #finalizer: Finalizer | undefined;
  #isFinalizing = false;
  /** The slots that had a task so far. */
  readonly #slots: SlotRunner[] = [];
  /** Several slots: those with tasks that have not begun. */
  readonly #pending: SlotRunner[] = [];
  #isTurnPlanned = false;
  /** Slots that wait for a promise or a module, and of these the ones that wait for a module. */
  #waiting = 0;
  #loading = 0;
  /** The slot of the next separate value. */
  #valueSlot = 0;
  #ready = false;
  #busyFor = 0;

  /** `owners` and `load` differ for a worker that is in the thread of its callers. */
  constructor(transport: WorkerTransport, owners: TaskOwners = new TaskOwners(), load: LoadTask = loadTask) {
    this.transport = transport;
    this.owners = owners;
    this.functions = new Functions(owners, load);
    this.errors = new StrayErrors(owners, this);
    this.#load = load;
  }

  get setup(): WorkerSetup {
    return this.#setup as WorkerSetup;
  }
  /** Whether no task runs and none waits. */
  get isIdle(): boolean {
    if (this.#isFinalizing) return false;
    if (this.isShared) return this.#waiting === 0 && this.#pending.length === 0;
    return this.#slots[0]?.isIdle !== false;
  }
  get isReady(): boolean {
    return this.#ready;
  }

  /** Takes a message. Call `drive` when all available messages are taken. */
  receive(message: Message): void {
    switch (message[0]) {
      case TASKS:
        this.#addTasks(message);
        break;
      case DEFINE:
        this.functions.define(message[1] as number, message[2] as TaskDescriptor);
        break;
      case FORGET:
        this.functions.forget(message[1] as number[]);
        break;
      case SEPARATE_VALUE:
        this.#takeValueSlot().separateValues.add(message[1]);
        break;
      case VALUE_OF:
        this.#valueSlot = message[1] as number;
        break;
      case ABORT:
        this.#slots[(message[3] as number | undefined) ?? 0]?.abort(message[1] as number, message[2] as number, message[4] === true);
        break;
      case PING:
        this.transport.send([PONG]);
        break;
      case INIT:
        if (this.#setup !== undefined) throw new TwinpoolError('this worker was set up a second time');
        void this.#initialize(message[1] as WorkerSetup);
        break;
      default:
    }
  }

  /** Takes the place of a separate value whose message could not be read. */
  receiveUnreadable(error: unknown): void {
    this.#takeValueSlot().separateValues.addUnreadable(error);
  }

  /** No task runs, and no more follow: runs the finalizer, then calls `leave`. */
  finalize(leave: () => void): void {
    this.#isFinalizing = true;
    this.transport.keepTurning(true);
    const { answers } = this.#slotAt(0);
    this.scope.runInAsyncScope(() => {
      void whenSettled((this.#finalizer as Finalizer).run(answers), leave);
    });
  }

  /** Runs waiting tasks until each slot has none, or awaits a task or load. */
  drive(): void {
    if (!this.#ready || this.#isFinalizing) return;
    if (this.isShared) this.#driveAll();
    else this.#slotAt(0).drive();
  }

  /** The program has given up what runs here: signals are aborted, and contexts end. For a worker whose code cannot be ended. */
  abandon(): void {
    for (const slot of this.#slots) slot.abandon();
  }

  // SlotHost.

  get isRetiring(): boolean {
    return this.errors.isRetiring;
  }

  waits(by: 1 | -1): void {
    this.#waiting += by;
  }

  loads(by: 1 | -1): void {
    this.#loading += by;
  }

  loaded(id: number): void {
    if (this.isShared) for (const slot of this.#slots) slot.moduleLoaded(id);
  }

  holdsLoop(slot: SlotRunner): void {
    if (this.#loading === 0) return;
    for (const other of this.#slots) if (other !== slot) other.lendTask();
  }

  freesLoop(slot: SlotRunner): void {
    if (this.#loading === 0) return;
    for (const other of this.#slots) if (other !== slot && !other.reclaimTask()) this.#pending.push(other);
  }

  goOn(slot: SlotRunner): void {
    slot.drive();
    if (this.isShared) this.#driveAll();
  }

  rests(busyFor: number): void {
    if (this.isShared) this.#busyFor = busyFor;
    else this.transport.idle(busyFor);
  }

  // TaskSource.

  isRunning(owner: number): boolean {
    return this.#slotOf(owner) !== undefined || this.owners.isAside(owner);
  }

  contextOf(owner: number): TaskContext | undefined {
    const slot = this.#slotOf(owner);
    if (slot !== undefined) return slot.context();
    return this.owners.isAside(owner) ? startContext(this.identity, this.transport.kind) : undefined;
  }

  // RunningTasks.

  failureOf(owner: Owner): ((error: unknown) => void) | undefined {
    return typeof owner === 'number' ? this.#slotOf(owner)?.fail : undefined;
  }

  get isAnyAwaited(): boolean {
    return this.#slots.some(({ fail }) => fail !== undefined);
  }

  begun(withClaims: boolean): readonly number[] {
    return this.#slots.flatMap(({ index, running, hasClaims }) => (running !== 0 || (withClaims && hasClaims) ? [index] : []));
  }

  #slotOf(owner: number): SlotRunner | undefined {
    for (const slot of this.#slots) if (slot.running === owner) return slot;
    return undefined;
  }

  #slotAt(index: number): SlotRunner {
    if (index >= (this.#setup?.slots ?? 1)) throw new TwinpoolError('this worker got a message for a slot that it does not have');
    for (let next = this.#slots.length; next <= index; next++) this.#slots.push(new SlotRunner(this, next));
    return this.#slots[index] as SlotRunner;
  }

  #takeValueSlot(): SlotRunner {
    const slot = this.#slotAt(this.#valueSlot);
    this.#valueSlot = 0;
    return slot;
  }

  #addTasks(message: Message): void {
    const slot = this.#slotAt((message[4] as number | undefined) ?? 0);
    slot.add(message);
    if (this.isShared) this.#pending.push(slot);
  }

  #driveAll(): void {
    if (this.#isTurnPlanned) return;
    const began = now();
    for (let slot = this.#pending.shift(); slot !== undefined; slot = this.#pending.shift()) {
      slot.drive();
      if (this.#pending.length === 0 || now() - began < LONGEST_TURN) continue;
      this.#isTurnPlanned = true;
      this.transport.keepTurning(true);
      afterTurn(() => {
        this.#isTurnPlanned = false;
        this.#driveAll();
      });
      return;
    }
    if (this.isIdle) this.transport.idle(this.#busyFor);
  }

  async #initialize(setup: WorkerSetup): Promise<void> {
    this.#setup = setup;
    this.isShared = (setup.slots ?? 1) > 1;
    this.#finalizer = new Finalizer(setup, this.owners, this.#load);
    const { workerId, workerIndex, workerName, preload, initializer, finalizer } = setup;
    this.identity = { workerId, workerIndex, workerName, workerData: unpackValue(setup.workerData) };
    this.owners.setUp(setup.depth, this, this.identity);
    this.errors.reportTo(this.#reporter());
    if (preload.length > 0 || initializer !== undefined) await runStartCode(setup, this.transport, this.owners, this.#load);
    if (finalizer !== undefined) {
      this.transport.keepTurning(false);
      await this.#finalizer.load();
    }
    this.owners.startTasks();
    this.#ready = true;
    this.transport.send(setup.maxMemory === undefined ? [READY] : [READY, this.transport.memory.measure()]);
    this.drive();
  }

  /** Outcomes that wait in a slot leave before an error does. */
  #reporter(): ErrorReporter {
    const { answers } = this.#slotAt(0);
    const flush = (): void => {
      for (const slot of this.#slots) if (slot.index > 0) slot.answers.flush();
    };
    return {
      lateError(...error) {
        flush();
        answers.lateError(...error);
      },
      exiting(...end) {
        flush();
        answers.exiting(...end);
      },
    };
  }
}
