/**
 * Gives tasks to the slots of lanes.
 *
 *   client.front() -> job.claim(n) -> slot.send(chunks)            slot -> job.settle, then laneHasRoom -> the next tasks
 *                        ^-- giveBack <- taken back from a slot, or never started in a lost worker
 *
 * Three rules. *Who*: the client that has had the least worker time (active-clients.ts); within it, its own order. *Where*: idle lanes first, then lanes
 * with room for work ahead. *How much*: what primitives/run-time-estimate.ts allows for functions that were measured, otherwise one task, and never more
 * than an even share, so that a burst spreads over all workers; behind other tasks only what neighbours.ts allows there.
 *
 * Each lane that has to run a broadcast gets nothing else until it has, and workers that are missing for it are started (broadcasts.ts).
 *
 * One long task, the next one, may lie behind another where it can be taken back: it counts as waiting, and is taken back for an idle lane, or for a task
 * that comes before it (long-ahead.ts).
 *
 * No task waits behind a slow one while a worker is idle: a lane for which nothing waits takes over what lies unstarted elsewhere. But a burst of short
 * tasks stays with one thread, if waking a second one takes longer than the burst: the second one gets its part after SHORT_RUN ms, if it takes that long
 * (short-bursts.ts).
 *
 * Where workers have several slots (`concurrentTasksPerWorker`), each slot gets one task at a time, and the lane with the fewest tasks comes first. A
 * lane in which tasks wait to begin has a busy event loop: it comes last, and where tasks can be taken back, they run in another lane that has a free
 * slot (several-slots.ts). The scheduler does not know transports, processes and the time of day.
 */

import type { BroadcastJob } from '../jobs/broadcast-job.ts';
import type { Chunk, Job, Moment } from '../jobs/job.ts';
import type { Lane } from '../lanes/lane.ts';
import type { Slot, WorkListener } from '../lanes/slot.ts';
import type { RuntimeStats } from '../observability/runtime-stats.ts';
import { Alarm, type Clock } from '../primitives/clock.ts';
import { Histogram } from '../primitives/histogram.ts';
import { afterMicrotasks } from '../primitives/time.ts';
import type { TaskFunction } from '../tasks/task-function.ts';
import { ActiveClients, hasTasksOf } from './active-clients.ts';
import { Broadcasts } from './broadcasts.ts';
import type { Client, ClientScheduler } from './client.ts';
import { LongAhead } from './long-ahead.ts';
import { isCondemnable, mayFollow } from './neighbours.ts';
import { laneToRelieve, leastBusy, takeBackUnbegun } from './several-slots.ts';
import { expectedWork, isShort, isWarm, SHORT_RUN, staysTogether, warmLane } from './short-bursts.ts';

/** Worker time, in ns, that a task is charged with in advance while its function was never measured. */
const UNKNOWN_CHARGE = 1_000_000;
/** A worker whose task has run for this, ms, gets nothing behind it. */
const LONG_RUN = 5;
/**
 * While another worker is starting, do not queue a task behind a running one if it cannot be taken back: it would be stuck if that one runs long
 * after all. Tasks that are expected to take at least this long, µs, do not even go together.
 */
const WORTH_WAITING = 20;
/**
 * µs of work of one client in a message, while others with work have had less, where tasks of two clients cannot lie behind each other. More: fewer
 * messages. Less: a client with little work waits less for the others.
 */
const TURN = 250;
/** The most tasks of one message; a lane's counters take 16 bits (wire/cells.ts). */
const MOST_TASKS = 0x7fff;
const NOTHING: readonly Chunk[] = [];

/** Starts workers when the scheduler wants them. */
export interface Supply {
  /** `tasks` tasks wait, at most, and no lane is idle. */
  wanted(tasks: number): void;
}

export interface SchedulerOptions {
  /** The most lanes at once. */
  readonly size: number;
  /** The number of slots of each lane. */
  readonly slots: number;
  readonly supply: Supply;
  readonly clock: Clock;
  /** A message is expensive: jobs wait for those that come in the same turn. Default: an idle lane gets the first at once. */
  readonly gathers?: boolean | undefined;
}

export class Scheduler implements WorkListener, ClientScheduler {
  readonly #lanes: Lane[] = [];
  readonly #broadcasts: Broadcasts;
  readonly #clients: ActiveClients;
  #size: number;
  readonly #gathers: boolean;
  readonly #slots: number;
  readonly #supply: Supply;
  readonly #clock: Clock;
  readonly #waitTime = new Histogram();
  readonly #runTime = new Histogram();
  #accepted: Moment | undefined;
  #pumping = false;
  #again = false;
  /**
   * Whether a run comes after this turn. 'gathering': a job came in for which no lane is idle, or a warm one is better: those that come in this turn wait
   * like it, until something runs.
   */
  #next: 'nothing' | 'planned' | 'gathering' = 'nothing';
  /** Jobs that get tasks back wake their client; the scheduler need not plan a run for that. */
  #givesBack = false;
  readonly #longAhead = new LongAhead(this.#lanes, (chunks) => this.giveBack(chunks));
  /** Where the search for a lane with room starts, so that all get their turn. */
  #turn = 0;

  readonly #mayMoveTo = (job: Job, idle: Lane): boolean => this.#clients.mayMove(job, idle);
  readonly #nextFor = (lane: Lane): Client | undefined => this.#clients.next(lane, NOTHING);
  readonly #lookLater = (ms: number): void => {
    if (!this.#lookAgain.isSet) this.#lookAgain.set(ms);
  };
  readonly #runPlanned = (): void => {
    this.#next = 'nothing';
    this.#run();
  };

  /** Looks again at short tasks that were not shared; with several slots, at workers that start, and at tasks that wait to begin. */
  readonly #lookAgain: Alarm;

  constructor({ size, slots, supply, clock, gathers }: SchedulerOptions) {
    this.#size = size;
    this.#gathers = gathers === true;
    this.#slots = slots;
    this.#supply = supply;
    this.#clock = clock;
    this.#lookAgain = new Alarm(clock, () => this.#look());
    this.#broadcasts = new Broadcasts(this.#lanes, slots, {
      giveBack: (chunks) => this.giveBack(chunks),
      handOver: (slot, chunk) => this.#handOver(slot, chunk),
    });
    this.#clients = new ActiveClients(this.#lanes, this.#broadcasts);
  }

  get clients(): ReadonlySet<Client> {
    return this.#clients.all;
  }

  stats(): Pick<RuntimeStats, 'workers' | 'busy' | 'idle' | 'retiring' | 'queued' | 'running' | 'waitTime' | 'runTime'> {
    const lanes = this.#lanes.filter(({ state }) => state === 'ready' || state === 'retiring');
    const retiring = lanes.filter(({ state, isReplaced }) => state === 'retiring' && isReplaced).length;
    const busy = lanes.filter(({ outstanding }) => outstanding > 0).length - retiring;
    const ahead = this.#longAhead.count();
    return {
      workers: lanes.length - retiring,
      busy,
      idle: lanes.length - retiring - busy,
      retiring,
      queued: this.#clients.countQueued() + ahead,
      running: lanes.reduce((sum, { running }) => sum + running, 0) - ahead,
      waitTime: this.#waitTime.percentiles(),
      runTime: this.#runTime.percentiles(),
    };
  }

  /** Jobs that come in before the scheduler runs get one time: a loop of submits reads the clock once. */
  stampAcceptance(job: Job): void {
    if (this.#accepted === undefined || this.#next === 'nothing') this.#accepted = { at: this.#clock.now() };
    job.stamp(this.#accepted);
  }

  /** Tasks of this client that workers would take at once, after the tasks of other clients that wait for them. */
  freeSlots(client: Client): number {
    let free = this.#size * this.#slots;
    let mine = client.options.maxLanes * this.#slots;
    for (const lane of this.#lanes) {
      if (lane.state !== 'ready' || lane.outstanding === 0) continue;
      const taken = lane.isReplaced ? this.#slots : this.#slots > 1 ? lane.outstanding : 1;
      // One that has had its last call is replaced while it runs it.
      if (lane.isServing) free -= taken;
      if (hasTasksOf(lane, client)) mine -= taken;
    }
    free -= this.#clients.countQueued(client);
    return Math.max(0, Math.min(free, mine));
  }

  lyingAhead(client: Client): number {
    return this.#longAhead.count(client);
  }

  hasBegun(job: Job): boolean {
    return this.#longAhead.hasBegun(job);
  }

  takeBackAhead(of: Job | Client): boolean {
    const isAny = this.#longAhead.takeBack(of);
    if (isAny) this.#plan();
    return isAny;
  }

  addClient(client: Client): void {
    this.#clients.add(client);
  }

  activate(client: Client): void {
    this.#clients.activate(client);
  }

  removeClient(client: Client): void {
    this.#clients.remove(client);
  }

  addBroadcast(job: BroadcastJob): void {
    this.#broadcasts.add(job);
  }

  removeBroadcast(job: BroadcastJob): void {
    this.#broadcasts.remove(job);
  }

  /** From now on there may be `size` lanes. */
  resize(size: number): void {
    this.#size = size;
    this.pump(false);
  }

  addLane(lane: Lane): void {
    this.#lanes.push(lane);
  }

  removeLane(lane: Lane): void {
    const at = this.#lanes.indexOf(lane);
    if (at >= 0) this.#lanes.splice(at, 1);
  }

  /** A job came in: an idle lane gets it at once; else it goes out with what else comes this turn. */
  pump(urgent: boolean): void {
    if (this.#next === 'gathering') return;
    if (urgent && !this.#gathers && this.#isAnyIdle() && !this.#isAnyWarm()) this.#run();
    else {
      this.#plan();
      if (urgent && this.#next === 'planned' && !this.#pumping) this.#next = 'gathering';
    }
  }

  #isAnyIdle(): boolean {
    for (const lane of this.#lanes) if (this.#slots > 1 ? lane.freeSlot !== undefined : lane.isIdle) return true;
    return false;
  }

  /** One slot each: what comes now may follow what runs. The time is that of the last job. */
  #isAnyWarm(): boolean {
    return this.#slots === 1 && warmLane(this.#lanes, 0, this.#accepted?.at ?? 0) !== undefined;
  }

  laneHasRoom(): void {
    if (!this.#isAtRest()) this.#run();
  }

  /** No client has work, and no lane has tasks: there is nothing to hand over, to move or to start a worker for. */
  #isAtRest(): boolean {
    if (!this.#broadcasts.isEmpty) return false;
    for (const lane of this.#lanes) if (lane.outstanding > 0) return false;
    return this.#clients.areResting;
  }

  givenBack(chunks: readonly Chunk[]): void {
    this.giveBack(chunks);
    this.pump(false);
  }

  /** Workers cannot be started: what waits, and with `forGood` what comes, fails. */
  failWaiting(cause: unknown, forGood: boolean): void {
    for (const client of [...this.#clients.all]) client.fail(cause, forGood);
  }

  /** Gives lanes with room work until there is none of either. */
  #run(): void {
    if (this.#pumping) {
      // Called from inside, by the code of a user's input: the outer call goes round once more.
      this.#again = true;
      return;
    }
    this.#pumping = true;
    if (this.#next === 'gathering') this.#next = 'planned';
    try {
      do {
        this.#again = false;
        this.#broadcasts.fill();
        this.#longAhead.recall(this.#mayMoveTo);
        if (this.#slots > 1) this.#fillSlots();
        else if (this.#clients.countWaiting() > 0) {
          const now = this.#clock.now();
          this.#fillWarm(now);
          this.#fillIdle(now);
        }
        this.#startMore();
        if (this.#slots === 1) {
          this.#longAhead.reconsider(this.#nextFor);
          this.#fillAhead();
        }
      } while (this.#again);
      if (this.#slots > 1) this.#relieve();
      else this.#rebalance();
    } finally {
      this.#pumping = false;
    }
    if (this.#again) this.#plan();
  }

  /** Before anything is put behind a running task: where it cannot be taken back it is better off with one more worker. */
  #startMore(): void {
    const waiting = Math.max(
      this.#clients.countWaiting() + this.#longAhead.countWithoutLane() + this.#heldUp(),
      this.#broadcasts.countMissing(),
    );
    if (waiting > 0) this.#supply.wanted(waiting);
  }

  /** Tasks without an idle lane whose function is being found, or whose arguments are being checked: a worker starts meanwhile. */
  #heldUp(): number {
    let tasks = this.#clients.countHeldUp();
    if (tasks > 0) for (const lane of this.#lanes) if (lane.isIdle) tasks -= 1;
    return Math.max(0, tasks);
  }

  measured(fn: TaskFunction, count: number, elapsed: number): void {
    fn.runTimes.record(count, elapsed);
    if (fn.runTimes.isLong) this.#longAhead.note();
    this.#runTime.record(elapsed / count / 1000, count);
  }

  /** The client's charge becomes what the tasks took. */
  left(chunk: Chunk, count: number): void {
    const { job, charge } = chunk;
    (job.owner as Client).settleCharge(count, charge, job.fn.runTimes.lastMean * 1000, !job.isOver);
  }

  leftUnrun({ job, charge }: Chunk, count: number): void {
    (job.owner as Client).settleCharge(count, charge, 0, !job.isOver);
  }

  /** Tasks wait again, the last first: each goes to the front of its job. The caller makes sure that they are handed out. */
  giveBack(chunks: readonly Chunk[]): void {
    this.#givesBack = true;
    for (const chunk of chunks) chunk.job.giveBack(chunk);
    this.#givesBack = false;
  }

  handedOver(client: Client): Set<Job> {
    const jobs = new Set<Job>();
    for (const lane of this.#lanes) for (const { job } of lane.chunks) if (job.owner === client && !job.isOver) jobs.add(job);
    return jobs;
  }

  abandon(jobs: ReadonlySet<Job>, grace: number): void {
    if (jobs.size === 0) return;
    for (const lane of [...this.#lanes]) {
      for (const slot of lane.slots) {
        if (!slot.chunks.some(({ job }) => jobs.has(job))) continue;
        // What is not started is taken back, where that can be, and forgotten: its job has ended.
        this.giveBack(slot.takeBack(Number.POSITIVE_INFINITY));
        slot.abandon(jobs, grace);
      }
    }
    this.#plan();
  }

  #plan(): void {
    if (this.#givesBack) return;
    if (this.#next !== 'nothing' || this.#pumping) {
      this.#again ||= this.#pumping;
      return;
    }
    this.#next = 'planned';
    afterMicrotasks(this.#runPlanned);
  }

  /** Short tasks follow short ones in the lane that has those: waking another one takes longer. */
  #fillWarm(now: number): void {
    if (this.#lanes.length < 2 || warmLane(this.#lanes, 0, now) === undefined) return;
    const lane = warmLane(this.#lanes, expectedWork(this.#clients.active), now);
    if (lane !== undefined && !this.#broadcasts.keeps(lane)) this.#fill(lane, lane.slots[0] as Slot, this.#clients.countWaiting(), now);
  }

  /** The same lane first, while it keeps up: its worker is warm, and the others may rest. Lanes that will be idle soon get their share too. */
  #fillIdle(now: number): void {
    let sharers = 0;
    for (const lane of this.#lanes) if (lane.isIdle || isWarm(lane, 0, now)) sharers += 1;
    let at: number | undefined = now;
    for (let i = 0; i < this.#lanes.length && sharers > 0; i++) {
      const lane = this.#lanes[i] as Lane;
      if (!lane.isIdle) continue;
      this.#fillShare(lane, sharers--, at);
      // The message may have taken long to write.
      at = undefined;
    }
    for (let i = 0; i < this.#lanes.length && sharers > 0; i++) {
      const lane = this.#lanes[i] as Lane;
      if (isWarm(lane, 0, now)) this.#fillShare(lane, sharers--);
    }
  }

  /** One of `sharers` lanes gets its share of what waits; all of it, if that is too little to wake another thread. */
  #fillShare(lane: Lane, sharers: number, now?: number): void {
    const waiting = this.#clients.countWaiting();
    if (waiting === 0 || lane.callsLeft <= 0 || this.#broadcasts.keeps(lane)) return;
    const isShared = sharers > 1 && !staysTogether(lane, this.#clients.active);
    this.#fill(lane, lane.slots[0] as Slot, isShared ? Math.ceil(waiting / sharers) : waiting, now);
  }

  /** Several slots: one task to each, the lane with the fewest first. Another worker is started before a lane gets a second task. */
  #fillSlots(): void {
    let refused: Set<Lane> | undefined;
    let isFirst = true;
    for (let waiting = this.#clients.countWaiting(); waiting > 0; waiting = this.#clients.countWaiting()) {
      if (isFirst) this.#startBefore(waiting);
      isFirst = false;
      const lane = leastBusy(this.#lanes, waiting, refused, this.#clock.now(), this.#lookLater);
      if (lane === undefined) return;
      if (this.#fill(lane, lane.freeSlot as Slot, 1)) {
        if (this.#size > 1) this.#lookLater(LONG_RUN);
        continue;
      }
      refused ??= new Set();
      refused.add(lane);
    }
  }

  #startBefore(waiting: number): void {
    if (this.#lanes.length >= this.#size && this.#lanes.every(({ isServing }) => isServing)) return;
    let idle = 0;
    for (const lane of this.#lanes) if (lane.isIdle) idle += 1;
    if (waiting > idle) this.#supply.wanted(waiting - idle);
  }

  /** All messages were read: tasks that have not begun do wait, and short ones have had their time. */
  #look(): void {
    if (this.#slots > 1) for (const lane of this.#lanes) if (lane.judgeWait(LONG_RUN)) this.#lookLater(LONG_RUN);
    this.#run();
  }

  /** Several slots: tasks that wait in a worker whose event loop is busy move to one with a free slot. */
  #relieve(): void {
    for (const held of this.#lanes) {
      const other = laneToRelieve(held, this.#lanes);
      if (other === undefined) continue;
      const taken = takeBackUnbegun(held, this.#slots - other.outstanding, (job) => this.#clients.mayMove(job, other));
      if (taken.length === 0) continue;
      this.giveBack(taken);
      this.#fillSlots();
    }
  }

  /** In turn, so that all get work ahead alike. */
  #fillAhead(): void {
    const count = this.#lanes.length;
    for (let i = 0; i < count; i++) {
      const waiting = this.#clients.countWaiting();
      if (waiting === 0) return;
      this.#turn = (this.#turn + 1) % count;
      const lane = this.#lanes[this.#turn];
      if (lane === undefined || lane.state !== 'ready' || lane.callsLeft <= 0) continue;
      const slot = lane.slots[0] as Slot;
      if (slot.outstanding === 0 || !slot.hasRoom) continue;
      if (this.#broadcasts.keeps(lane)) continue;
      this.#fill(lane, slot, Math.ceil(waiting / count));
    }
  }

  /** Returns whether tasks were found for the slot. */
  #fill(lane: Lane, slot: Slot, share: number, now = this.#clock.now()): boolean {
    let chunks: Chunk[] | undefined;
    let count = 0;
    let { load } = slot;
    const hardLimit = this.#slots > 1 ? 1 : Math.min(lane.callsLeft, MOST_TASKS);
    const limit = Math.min(share, hardLimit);
    let before = slot.last;
    // Tasks that were accepted together have waited alike: they are recorded together.
    let accepted: Moment | undefined;
    let alike = 0;
    while (count < limit) {
      const client = this.#nextInMessage(lane, chunks ?? NOTHING, before, load);
      const job = client?.front();
      if (client === undefined || job === undefined) break;
      const most = before !== undefined && !mayFollow(job, before.job, lane) ? 0 : this.#roomFor(job, lane, slot, count, load, now);
      if (most === 0) break;
      // One that the user cut travels alone where a message is expensive.
      const isCut = lane.batch !== undefined && job.chunksize !== undefined;
      if (isCut && count > 0) break;
      const liesAhead = this.#slots === 1 && lane.canTakeBack && job.fn.runTimes.isLong && slot.outstanding + count === 1;
      if (liesAhead) this.#longAhead.note();
      const chunk = job.claim(isCut || isCondemnable(job, lane) ? 1 : Math.min(most, limit - count), liesAhead);
      if (chunk === undefined) {
        // It had only what cannot be claimed yet; it leaves the queue until it wakes its client.
        client.claimed(job, 0);
        continue;
      }
      // A chunk that the user cut is claimed whole; what the worker may not take of it goes back.
      const tooMany = chunk.count - (isCondemnable(job, lane) ? 1 : hardLimit - count);
      if (tooMany > 0) job.giveBack(chunk.splitTail(tooMany));
      this.#take(client, chunk, liesAhead);
      if (job.acceptedAt !== accepted) {
        if (accepted !== undefined) this.#recordWait(accepted, now, alike);
        accepted = job.acceptedAt;
        alike = 0;
      }
      alike += chunk.count;
      // A list that grows takes more memory: most have one chunk.
      if (chunks === undefined) chunks = [chunk];
      else chunks.push(chunk);
      before = chunk;
      count += chunk.count;
      load += (chunk.count * chunk.charge) / 1000;
      if (isCut) break;
    }
    if (accepted !== undefined) this.#recordWait(accepted, now, alike);
    if (chunks !== undefined) slot.send(chunks);
    return chunks !== undefined;
  }

  /** Tasks of this job that may follow `claimed` others, and what the slot has. */
  #roomFor(job: Job, lane: Lane, slot: Slot, claimed: number, load: number, now: number): number {
    if (this.#slots > 1) return 1;
    const outstanding = slot.outstanding + claimed;
    const { runTimes } = job.fn;
    // Whatever was expected of it: what runs there runs long. A long task that can be taken back waits there as well as in the queue.
    if (slot.outstanding > 0 && now - slot.frontSince > LONG_RUN && !(lane.canTakeBack && runTimes.isLong)) return 0;
    if (lane.batch !== undefined) return outstanding === claimed ? runTimes.roomInBatch(claimed, load, lane.batch) : 0;
    if (!lane.canTakeBack && this.#isAnyStarting() && (slot.outstanding > 0 || runTimes.estimate >= WORTH_WAITING)) {
      return outstanding === 0 ? 1 : 0;
    }
    if (runTimes.isLong && slot.outstanding > 0 && !this.#longAhead.mayLieIn(lane)) return 0;
    const ahead = runTimes.roomBehind(outstanding, claimed, load, lane.canTakeBack);
    return outstanding === 0 ? Math.max(1, ahead) : ahead;
  }

  #isAnyStarting(): boolean {
    return this.#lanes.some(({ state }) => state === 'starting');
  }

  #take(client: Client, chunk: Chunk, liesAhead = false): void {
    const { estimate } = chunk.job.fn.runTimes;
    chunk.charge = estimate === 0 ? UNKNOWN_CHARGE : Math.ceil(estimate * 1000);
    client.chargeAhead(chunk.count, chunk.charge);
    client.claimed(chunk.job, chunk.count, liesAhead);
  }

  /** The slot gets one chunk of a job that is in no queue. */
  #handOver(slot: Slot, chunk: Chunk): void {
    const { job } = chunk;
    this.#take(job.owner as Client, chunk);
    this.#recordWait(job.acceptedAt, this.#clock.now(), chunk.count);
    slot.send([chunk]);
  }

  #recordWait(accepted: Moment, now: number, count: number): void {
    this.#waitTime.record(Math.max(0, now - accepted.at), count);
  }

  /**
   * The client whose task is next in a message that has `chunks` already, `load` µs of work. Where tasks of one client may not lie behind those of
   * another, the message goes on with the same one for the length of a TURN: a message for each task would take longer than the tasks.
   */
  #nextInMessage(lane: Lane, chunks: readonly Chunk[], before: Chunk | undefined, load: number): Client | undefined {
    const next = this.#clients.next(lane, chunks);
    if (before === undefined || chunks.length === 0 || lane.canTakeBack || load >= (lane.batch ?? TURN)) return next;
    const same = before.job.owner as Client;
    return next === undefined || same.front() === undefined ? next : same;
  }

  /** An idle lane for which nothing waits takes half of what lies unstarted in another. */
  #rebalance(): void {
    for (const idle of this.#lanes) {
      if (!idle.isIdle || idle.callsLeft <= 0) continue;
      if (this.#clients.next(idle, NOTHING) !== undefined) continue;
      const back = this.#takeBackFor(idle);
      if (back.length === 0) continue;
      this.giveBack(back);
      // A broadcast may have come back too: until it has one, a lane gets nothing else.
      this.#broadcasts.fill();
      this.#fillIdle(this.#clock.now());
      this.#fillAhead();
    }
  }

  /** From the fullest lane that has something to give that may run there. */
  #takeBackFor(idle: Lane): Chunk[] {
    const lanes: Lane[] = [];
    for (const lane of this.#lanes) {
      if (!lane.canTakeBack || lane.outstanding < 2) continue;
      if (isShort(lane.slots[0] as Slot, 0, this.#clock.now())) this.#lookLater(SHORT_RUN);
      else lanes.push(lane);
    }
    if (lanes.length === 0) return lanes as never[];
    lanes.sort((one, other) => other.outstanding - one.outstanding);
    for (const lane of lanes) {
      // Half, from the end; all of it where some of what lies there may not run in the idle one.
      const mayMove = this.#clients.isAnyHeld ? lane.chunks.map(({ job }) => this.#clients.mayMove(job, idle)) : [true];
      if (!mayMove.includes(true)) continue;
      const most = () => (mayMove.at(-1) ? lane.outstanding >> 1 : Number.POSITIVE_INFINITY);
      // What has ended meanwhile comes back too, and is nothing to run.
      const slot = lane.slots[0] as Slot;
      for (let back = slot.takeBack(most()); back.length > 0; back = slot.takeBack(most())) {
        if (back.some(({ job }) => !job.isOver)) return back;
      }
    }
    return [];
  }
}
