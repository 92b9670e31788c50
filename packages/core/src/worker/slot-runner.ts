/**
 * Runs the tasks of one slot in the worker: claims and calls each task of its TASKS messages, and hands its outcome to Answers.
 *
 * Tasks of a slot run one at a time, in the order of arrival. Answers leave in that order too, several per message, but never later than the rule in
 * wire/budget.ts allows: from this rule the lane derives which tasks a dead worker had started.
 *
 *   add(TASKS) -> #queue -> drive: claim one -> call -> Answers -> flush -> ANSWER
 *
 * `drive` runs synchronous tasks in a plain loop. It leaves the loop when the queue is empty, when a module is loading, or when a task returned a
 * promise; meanwhile other slots run. It continues when the module is loaded or the promise has settled. `drive` runs in the async context of the
 * worker's start. User code runs in a new context made from that, so that a store that one task enters is not visible to the next. This file does not
 * know other slots, nor how messages travel.
 */
import type { AsyncResource } from 'node:async_hooks';
import { TaskModuleError, TaskSerializationError } from '../errors.ts';
import { dropFirst } from '../primitives/drop-first.ts';
import { promiseOf, whenSettled } from '../primitives/promises.ts';
import type { LoadedTask } from '../tasks/loading/load-task.ts';
import {
  ARGUMENT_LISTS,
  ARITY_SHIFT,
  AS_BYTES,
  AS_SKIP,
  AS_STORED,
  LOADED,
  type Message,
  SAME_CALL,
  TIMED,
  type WorkerSetup,
} from '../wire/messages.ts';
import { isPrimitive } from '../wire/pack-runs.ts';
import { unpackBytes, unpackStored } from '../wire/packed-value.ts';
import { SeparateValues } from '../wire/separate-values.ts';
import { Answers } from './answers.ts';
import { isContextUntouched } from './async-context-watch.ts';
import { Batch, SPECIAL } from './batch.ts';
import type { Functions, WorkerFunction } from './functions.ts';
import { type Identity, newScope } from './ownership.ts';
import { RunningTask } from './running-task.ts';
import type { TaskOwners } from './task-owners.ts';
import type { WorkerTransport } from './transport.ts';

/**
 * The number of short tasks of one call that are claimed together. More: a smaller share of the claim's cost per task. Fewer: fewer tasks that cannot be
 * taken back wait behind a task that takes long after all.
 */
const TOGETHER = 32;
/** The same where a caller sees all results of the call at once, and the most µs of work of such tasks. */
const TOGETHER_IN_MEMORY = 1024;
const WORK_TOGETHER = 64;
/** For tasks expected to be shorter than SHORT µs, the clock is read once per READ_EVERY tasks. One reading costs 40 ns. */
const READ_EVERY = 16;
const SHORT = 2;

/** How running a run ended. 'full': the worker takes no further task. 'touched': user code has touched the scope, so the rest needs another one. */
type RunEnd = 'done' | 'waits' | 'taken back' | 'touched' | 'full';
/** What the tasks of a run share: a scope and an owner, a scope in which each task enters its own owner, or nothing. */
type Shared = 'owner' | 'scope' | 'nothing';

/** What the slots of a worker share, and what they report. */
export interface SlotHost {
  readonly transport: WorkerTransport;
  readonly functions: Functions;
  readonly owners: TaskOwners;
  /** The scope of the worker's start, which no user code has changed. */
  readonly scope: AsyncResource;
  readonly setup: WorkerSetup;
  /** How the worker is named. */
  readonly identity: Identity;
  /** The worker has several slots. */
  readonly isShared: boolean;
  /** The worker ends after the task that runs. */
  readonly isRetiring: boolean;
  /** A slot begins (1) or ends (-1) to wait for a promise or a module. */
  waits(by: 1 | -1): void;
  /** The slot runs code of tasks, for which the event loop waits. */
  holdsLoop(slot: SlotRunner): void;
  /** That code has returned. */
  freesLoop(slot: SlotRunner): void;
  /** A slot begins (1) or ends (-1) to load the module of a task. */
  loads(by: 1 | -1): void;
  /** The module of this function is loaded. */
  loaded(id: number): void;
  /** What the slot waited for has come: it wants to go on. */
  goOn(slot: SlotRunner): void;
  /** The slot has nothing to do, after `busyFor` ms of work. */
  rests(busyFor: number): void;
}

export class SlotRunner {
  readonly index: number;
  readonly answers: Answers;
  readonly separateValues: SeparateValues = new SeparateValues();
  readonly #host: SlotHost;
  readonly #transport: WorkerTransport;
  readonly #owners: TaskOwners;
  readonly #queue: Batch[] = [];
  /** Made in the scope of the worker's start. Tasks run in it one after the other until user code touches it. */
  #taskScope: AsyncResource | undefined;
  /** A task runs or a module loads. `drive` is called when that ends. */
  #busy = false;
  /** The batch whose next task waits for its module. */
  #loading: Batch | undefined;
  /** The owner of the running task, or 0. */
  #running = 0;
  #context: RunningTask | undefined;
  /** Fails the running asynchronous task with an error outside of its promise. */
  #fail: ((error: unknown) => void) | undefined;
  /** What came for a task before it began, and the message and place of that task. */
  #early: 'abort' | 'skip' | undefined;
  #earlyFor = 0;
  #earlyPlace = 0;
  /** The program does not know yet that the messages whose tasks it took back were read. */
  #owesAcknowledgement = false;
  /** Memory of arguments that is used again, of tasks that have ended or of the running one. */
  #lent: ArrayBuffer[] = [];
  /** The worker, which has one slot, uses more memory than its limit: only tasks that cannot run elsewhere still run. */
  #isFull = false;

  constructor(host: SlotHost, index: number) {
    this.index = index;
    this.#host = host;
    this.#transport = host.transport;
    this.#owners = host.owners;
    this.answers = new Answers(host.transport, host.setup.maxPayloadBytes, index, host.isShared);
  }

  /** No task runs and none waits. */
  get isIdle(): boolean {
    return !this.#busy && this.#queue.length === 0;
  }
  /** The owner of the running task, or 0. */
  get running(): number {
    return this.#running;
  }
  /** A task that has not begun waits for its module. */
  get hasClaims(): boolean {
    return this.#queue[0]?.hasClaims === true;
  }
  /** Fails the running task, if it is an asynchronous one. */
  get fail(): ((error: unknown) => void) | undefined {
    return this.#fail;
  }

  /** Takes a TASKS message. */
  add(message: Message): void {
    const batch = new Batch(message);
    if (!this.#isFull || batch.wasMoved) this.#queue.push(batch);
  }

  /** Runs waiting tasks until the queue is empty or a task or load must be awaited. */
  drive(): void {
    if (!this.#busy) this.#host.scope.runInAsyncScope(this.#drive, this);
  }

  #drive(): void {
    this.answers.resume();
    for (let batch = this.#queue[0]; batch !== undefined; batch = this.#queue[0]) {
      if (!this.#runBatch(batch)) return;
      this.answers.acknowledged = batch.sequence;
      dropFirst(this.#queue);
    }
    this.answers.flush();
    if (this.#lent.length > 0) this.#giveBack();
    if (this.#owesAcknowledgement) this.#acknowledge();
    this.#host.rests(this.answers.busyFor);
  }

  /** The context of the running task, which is created on first use. */
  context(): RunningTask | undefined {
    const batch = this.#queue[0];
    if (batch === undefined) return undefined;
    const at = { slot: this.index, sequence: batch.sequence, place: batch.place };
    this.#context ??= new RunningTask(this.#transport, this.answers, this.#host.identity, at);
    return this.#context;
  }

  /** Aborts the signal of a task. When this message is read, the task may have ended and another may run. `isFinal`: it reports no more. */
  abort(sequence: number, place: number, isFinal: boolean): void {
    const batch = this.#queue[0];
    if (batch?.sequence !== sequence || batch.place !== place) return;
    const running = this.#running;
    if (!this.#busy || running === 0) {
      this.#early = isFinal ? 'skip' : 'abort';
      this.#earlyFor = sequence;
      this.#earlyPlace = place;
      return;
    }
    const context = this.context() as RunningTask;
    // Its listeners of the abort report no more.
    if (isFinal) context.isOver = true;
    // Listeners of the signal run now, and belong to the task.
    this.#owners.runAs(running, () => context.abort());
  }

  /** Code of another slot runs, for as long as it likes: a task that only waits for its module may be taken back and run elsewhere. */
  lendTask(): void {
    this.#loading?.unclaim(this.#transport);
  }

  /** Its module is loaded: from now on a claim says that the task begins. */
  moduleLoaded(id: number): void {
    if (this.#loading?.functionId === id) this.lendTask();
  }

  /** That code has returned. Returns false if the task was taken back: then the slot has to go on. */
  reclaimTask(): boolean {
    const batch = this.#loading;
    if (batch === undefined || this.#host.functions.get(batch.functionId)?.task !== undefined || batch.claim(this.#transport, 1))
      return true;
    this.#endLoading();
    return false;
  }

  /** The program has given up the task that runs. */
  abandon(): void {
    const running = this.#running;
    const context = running === 0 ? undefined : this.context();
    if (context === undefined) return;
    context.isOver = true;
    this.#owners.runAs(running, () => context.abort());
    this.#endTask();
  }

  #load(id: number, known: WorkerFunction): Promise<void> {
    const { functions, setup } = this.#host;
    return functions.load(known, setup.startTimeout, () => {
      this.#host.loaded(id);
      this.#transport.send([LOADED, id]);
    });
  }

  /** Returns whether the batch is finished. False: a module or a promise must be awaited. */
  #runBatch(batch: Batch): boolean {
    const answers = this.answers;
    for (; batch.hasRun; batch.nextRun()) {
      const id = batch.functionId;
      const known = this.#host.functions.get(id);
      if (known !== undefined && known.task === undefined && !batch.isTried) {
        answers.flush();
        if (!batch.claim(this.#transport, 1)) return this.#wasTakenBack();
        batch.tryLoad();
        this.#waitForModule(batch, this.#load(id, known));
        return false;
      }
      answers.measure(id);
      let end: RunEnd;
      if (this.#host.isShared) this.#host.holdsLoop(this);
      do end = this.#runInScope(batch, known);
      while (end === 'touched');
      if (this.#host.isShared) this.#host.freesLoop(this);
      if (end === 'full') return true;
      if (end !== 'done') return end === 'taken back' && this.#wasTakenBack();
      answers.endRun();
    }
    return true;
  }

  /**
   * Runs the tasks of one run. A new owner and scope are a large part of a short task's cost. So short synchronous tasks of one call share both, and tasks
   * of different calls share a scope while user code has not touched it.
   */
  #runInScope(batch: Batch, known: WorkerFunction | undefined): RunEnd {
    const isOneCall = (batch.flags & SAME_CALL) !== 0;
    const shared = isOneCall && batch.expectation > 0 && known?.isAsync !== true ? 'owner' : 'scope';
    if (isContextUntouched()) {
      this.#taskScope ??= newScope('TWINPOOL_TASK');
      return this.#taskScope.runInAsyncScope(this.#runTasks, this, batch, known, shared);
    }
    if (shared === 'owner') return newScope('TWINPOOL_TASK').runInAsyncScope(this.#runTasks, this, batch, known, shared);
    return this.#runTasks(batch, known, 'nothing');
  }

  /** Runs inside the shared scope, unless `shared` is 'nothing'. */
  #runTasks(batch: Batch, known: WorkerFunction | undefined, shared: Shared): RunEnd {
    const answers = this.answers;
    const { items, flags, count, specials, expectation } = batch;
    const arity = flags >>> ARITY_SHIFT;
    const readEvery = expectation < SHORT ? READ_EVERY - 1 : 0;
    const mayRunTogether =
      shared === 'owner' &&
      flags === SAME_CALL &&
      expectation < SHORT &&
      specials === undefined &&
      known?.task !== undefined &&
      this.#host.setup.maxMemory === undefined;
    const { results } = batch;
    const together = results === undefined ? TOGETHER : Math.min(TOGETHER_IN_MEMORY, Math.ceil(WORK_TOGETHER / expectation));
    if (shared === 'owner') this.#owners.enter(this.#owners.next());
    while (batch.at < count) {
      if (mayRunTogether && known.givesNumbers && !batch.hasClaims) {
        if (!batch.claim(this.#transport, Math.min(together, count - batch.at))) return 'taken back';
        const isOver =
          results === undefined ? this.#runTogether(batch, known, items, expectation) : this.#runInMemory(batch, known, items, results);
        if (!isOver) return 'waits';
        answers.flushIfLate();
        continue;
      }
      if (!batch.claim(this.#transport, 1)) return 'taken back';
      answers.beforeTask(expectation);
      batch.start();
      answers.started(expectation);
      const item = batch.item(items, specials, arity);
      if (shared === 'scope') this.#owners.enter(this.#owners.next());
      const settled =
        shared === 'nothing' ? this.#owners.runAs(this.#owners.next(), this.#run, this, batch, known, item) : this.#run(batch, known, item);
      // The position moves past an asynchronous task only when the task has settled.
      if (!settled) return 'waits';
      answers.countRun();
      batch.moveOn();
      if (this.#hasLastTask(batch)) return 'full';
      if (expectation > 0 && (batch.at & readEvery) === 0) answers.flushIfLate();
      if (shared === 'scope' && !isContextUntouched()) return 'touched';
    }
    return 'done';
  }

  /**
   * Whether a task, which has ended, was the last one that this worker takes: then its answer says so, and what waits runs elsewhere. With several slots
   * the program takes back what has not begun.
   */
  #hasLastTask(batch: Batch): boolean {
    const { maxMemory } = this.#host.setup;
    if (maxMemory === undefined || (!this.#isFull && !this.answers.exceedsMemory(maxMemory)) || this.#host.isShared) return false;
    if (!this.#isFull) {
      this.#isFull = true;
      this.answers.flush();
      for (let at = this.#queue.length - 1; at > 0; at--) if (this.#queue[at]?.wasMoved === false) this.#queue.splice(at, 1);
    }
    if (batch.wasMoved) return false;
    batch.drop();
    return true;
  }

  /** The rest of the batch runs elsewhere. Its slot is free when the program knows that the message was read, which an answer may not tell. */
  #wasTakenBack(): true {
    this.#owesAcknowledgement = true;
    return true;
  }

  #acknowledge(): void {
    this.#owesAcknowledgement = false;
    this.answers.acknowledge();
  }

  /**
   * Runs claimed tasks of one call that return numbers at once, without a check of each outcome's kind. Claiming them together only delays a cancel of the
   * whole call. Returns false when a task returned a promise; the tasks after it stay claimed.
   */
  #runTogether(batch: Batch, known: WorkerFunction, items: ArrayLike<unknown>, expectation: number): boolean {
    const answers = this.answers;
    const { call } = known.task as LoadedTask;
    this.#running = this.#owners.begin();
    for (; batch.hasClaims; batch.moveOn()) {
      answers.beforeTask(expectation);
      batch.start();
      answers.started(expectation);
      let result: unknown;
      let hasThrown = false;
      try {
        result = call(items[batch.at]);
      } catch (error) {
        hasThrown = true;
        result = error;
      }
      if (typeof result === 'number' && !hasThrown) {
        answers.number(result);
        if (this.#context !== undefined) this.#endContext();
      } else {
        known.givesNumbers = hasThrown;
        if (!this.#conclude(batch, known, result, hasThrown)) return false;
        answers.countRun();
        this.#running = this.#owners.begin();
      }
    }
    this.#endTask();
    return true;
  }

  /** Does the same for tasks whose results go into shared memory. Another outcome than a number follows the results before it. */
  #runInMemory(batch: Batch, known: WorkerFunction, items: ArrayLike<unknown>, results: Float64Array): boolean {
    const { call } = known.task as LoadedTask;
    this.#running = this.#owners.begin();
    this.answers.storeIn(batch);
    const end = batch.claimedTo;
    let result: unknown;
    let hasThrown = false;
    try {
      for (let at = batch.at; at < end; at++) {
        batch.startAt(at);
        result = call(items[at]);
        if (typeof result !== 'number') break;
        results[at] = result;
        if (this.#context !== undefined) this.#endContext();
      }
    } catch (error) {
      hasThrown = true;
      result = error;
    }
    if (!hasThrown && typeof result === 'number') {
      batch.endClaims();
      this.#endTask();
      return true;
    }
    this.answers.leaveMemory();
    known.givesNumbers = hasThrown;
    if (!this.#conclude(batch, known, result, hasThrown)) return false;
    this.answers.countRun();
    batch.moveOn();
    return true;
  }

  /** Runs one task. Returns whether its outcome is known. False: it returned a promise. */
  #run(batch: Batch, known: WorkerFunction | undefined, item: unknown): boolean {
    return item === SPECIAL ? this.#runSpecial(batch, known) : this.#call(batch, known, item);
  }

  #runSpecial(batch: Batch, known: WorkerFunction | undefined): boolean {
    const { specialKind: kind, specialPayload: payload } = batch;
    batch.dropSpecial();
    if (kind === AS_SKIP) {
      this.answers.skipped();
      return true;
    }
    let item: unknown;
    try {
      item = this.#unpack(kind, payload);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.answers.thrown(new TaskSerializationError(`the arguments arrived but cannot be read in the worker: ${reason}`), 'worker');
      return true;
    }
    return this.#call(batch, known, item);
  }

  #unpack(kind: unknown, payload: unknown): unknown {
    if (kind === AS_BYTES) return unpackBytes(payload);
    if (kind !== AS_STORED) return this.separateValues.take();
    if (this.#lent.length > 0) this.#giveBack();
    return unpackStored(payload, this.#transport.buffers, this.#lent);
  }

  /** The outcomes of the tasks that have ended may refer to this memory: they leave first. */
  #giveBack(): void {
    this.answers.flush();
    this.#transport.buffers?.giveBack(this.#lent);
    this.#lent = [];
  }

  #call(batch: Batch, known: WorkerFunction | undefined, item: unknown): boolean {
    if (known?.task === undefined) {
      this.answers.thrown(known?.failure ?? new TaskModuleError('the task was never defined in this worker'), 'worker');
      return true;
    }
    const { flags } = batch;
    if (this.#early !== undefined && this.#takeEarly(batch, 'skip')) {
      this.answers.skipped();
      return true;
    }
    if ((flags & TIMED) !== 0) this.answers.announceStart();
    this.#running = this.#owners.begin();
    if (this.#early !== undefined && this.#takeEarly(batch, 'abort')) this.context()?.abort();
    let result: unknown;
    let hasThrown = false;
    try {
      const { call } = known.task;
      result = (flags & ARGUMENT_LISTS) !== 0 ? call(...(item as unknown[])) : call(item);
    } catch (error) {
      hasThrown = true;
      result = error;
    }
    return this.#conclude(batch, known, result, hasThrown);
  }

  /** Adds the result of a call to the answers. Returns false when it is a promise. */
  #conclude(batch: Batch, known: WorkerFunction, came: unknown, wasThrown: boolean): boolean {
    let result = came;
    let hasThrown = wasThrown;
    let isPromise = false;
    try {
      isPromise = !hasThrown && !isPrimitive(result) && typeof (result as PromiseLike<unknown>).then === 'function';
    } catch (error) {
      // A getter, or a Proxy.
      hasThrown = true;
      result = error;
    }
    if (isPromise) {
      known.isAsync = true;
      this.#awaitResult(batch, result as PromiseLike<unknown>);
      return false;
    }
    // The task runs until its outcome is packed: packing may call its getters, which may end the worker.
    if (hasThrown) this.answers.thrown(result);
    else this.answers.value(result);
    this.#endTask();
    return true;
  }

  #awaitResult(batch: Batch, result: PromiseLike<unknown>): void {
    let isOver = false;
    const finish = (answer: () => void): void => {
      if (isOver) return;
      isOver = true;
      // Packing may call code of the task.
      this.#owners.setCalling(this.#running);
      answer();
      this.#endTask();
      this.answers.countRun();
      this.answers.closeSegment();
      batch.moveOn();
      this.#hasLastTask(batch);
      this.#setBusy(false);
      if (this.#host.isRetiring) this.#transport.exit(1);
      this.#host.goOn(this);
    };
    const failed = (error: unknown) => finish(() => this.answers.thrown(error));
    this.#setBusy(true);
    this.#fail = failed;
    this.#transport.keepTurning(this.#host.isShared);
    // Through `Promise.resolve`, so that a thenable that calls back at once does not make this call itself.
    void whenSettled(promiseOf(result), (value) => finish(() => this.answers.value(value)), failed);
    this.#owners.setCalling(0);
  }

  /** The task counts as begun meanwhile: the import may end the worker. */
  #waitForModule(batch: Batch, loading: Promise<void>): void {
    this.#loading = batch;
    this.#host.loads(1);
    this.#setBusy(true);
    this.#transport.keepTurning(this.#host.isShared);
    void whenSettled(loading, () => {
      if (this.#loading !== batch) return;
      this.#endLoading();
      this.#host.goOn(this);
    });
  }

  #endLoading(): void {
    this.#loading = undefined;
    this.#host.loads(-1);
    this.#setBusy(false);
  }

  #endContext(): void {
    if (this.#context !== undefined) this.#context.isOver = true;
    this.#context = undefined;
  }

  #endTask(): void {
    this.#endContext();
    this.#fail = undefined;
    this.#running = 0;
    this.#owners.setCalling(0);
  }

  #setBusy(isBusy: boolean): void {
    this.#busy = isBusy;
    this.#host.waits(isBusy ? 1 : -1);
  }

  /** Whether this came for the task before it began. */
  #takeEarly({ sequence, place }: Batch, what: 'abort' | 'skip'): boolean {
    const hasCome = this.#early === what && this.#earlyFor === sequence && this.#earlyPlace === place;
    if (hasCome) this.#early = undefined;
    return hasCome;
  }
}
