/**
 * Gives tasks to the slots of lanes.
 *
 *   client.front() -> job.claim(n) -> slot.send(chunks)            slot -> job.settle, then laneHasRoom -> the next tasks
 *                        ^-- giveBack <- taken back from a slot, or never started in a lost worker
 *
 * Three rules. *Who*: the client that has had the least worker time; within it, its own order. *Where*: idle lanes first, then lanes with room for work
 * ahead. *How much*: what primitives/run-time-estimate.ts allows for functions that were measured, otherwise one task, and never more than an even
 * share, so that a burst spreads over all workers.
 *
 * A broadcast is in no queue. Each lane that has to run it gets nothing else until it has, and workers that are missing for it are started.
 *
 * One long task, the next one, may lie behind another where it can be taken back: it counts as waiting, and is taken back for an idle lane, or for a task
 * that comes before it (long-ahead.ts).
 *
 * No task waits behind a slow one while a worker is idle: a lane for which nothing waits takes over what lies unstarted elsewhere. But a burst of short
 * tasks stays with one thread, if waking a second one takes longer than the burst: the second one gets its part after SHORT_RUN ms, if it takes that long.
 *
 * Where workers have several slots (`concurrentTasksPerWorker`), each slot gets one task at a time, and the lane with the fewest tasks comes first. A
 * lane in which tasks wait to begin has a busy event loop: it comes last, and where tasks can be taken back, they run in another lane that has a free
 * slot. The scheduler does not know transports, processes and the time of day.
 */

import type { BroadcastJob } from '../jobs/broadcast-job.ts';
import type { CallSettings, Chunk, Job, Moment } from '../jobs/job.ts';
import type { Lane } from '../lanes/lane.ts';
import type { Slot, WorkListener } from '../lanes/slot.ts';
import type { RuntimeStats } from '../observability/runtime-stats.ts';
import { Alarm, type Clock } from '../primitives/clock.ts';
import { Histogram } from '../primitives/histogram.ts';
import { afterMicrotasks } from '../primitives/time.ts';
import type { TaskFunction } from '../tasks/task-function.ts';
import type { Client, ClientScheduler } from './client.ts';
import { LongAhead } from './long-ahead.ts';
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
 * Several slots: ms for which ready lanes take no more than their share while another worker is starting, so that a burst spreads. More: a slow start
 * keeps free slots empty. Less: the first worker that is ready gets the whole burst.
 */
const SPREAD_WAIT = 200;
/**
 * µs of work of one client in a message, while others with work have had less, where tasks of two clients cannot lie behind each other. More: fewer
 * messages. Less: a client with little work waits less for the others.
 */
const TURN = 250;
/** Clients without work that are still looked at; more, and each look is longer, fewer, and one that works now and then comes and goes. */
const MOST_RESTING = 8;
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
  readonly #clients = new Set<Client>();
  /** Clients with work, and a few without: only these are looked at, however many there are. */
  readonly #active = new Set<Client>();
  /** Jobs that each worker runs, the oldest first. */
  readonly #broadcasts: BroadcastJob[] = [];
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

  readonly #mayMoveTo = (job: Job, idle: Lane): boolean => this.#mayMove(job, idle);
  readonly #nextFor = (lane: Lane): Client | undefined => this.#nextClient(lane, NOTHING);
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
  }

  get clients(): ReadonlySet<Client> {
    return this.#clients;
  }

  stats(): Pick<RuntimeStats, 'workers' | 'busy' | 'idle' | 'retiring' | 'queued' | 'running' | 'waitTime' | 'runTime'> {
    const lanes = this.#lanes.filter(({ state }) => state === 'ready' || state === 'retiring');
    const retiring = lanes.filter(({ state, isReplaced }) => state === 'retiring' && isReplaced).length;
    const busy = lanes.filter(({ outstanding }) => outstanding > 0).length - retiring;
    const ahead = this.#longAhead.count();
    let queued = ahead;
    for (const client of this.#active) queued += client.queued;
    return {
      workers: lanes.length - retiring,
      busy,
      idle: lanes.length - retiring - busy,
      retiring,
      queued,
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
    for (const other of this.#active) if (other !== client) free -= other.queued;
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
    // A newcomer starts level with the one that has had least, neither ahead of nor behind those that work already.
    // What was charged in advance is not used yet.
    let least = Number.POSITIVE_INFINITY;
    for (const { used } of this.#active) least = Math.min(least, used);
    client.startAt(least === Number.POSITIVE_INFINITY ? 0 : least);
    this.#clients.add(client);
    this.activate(client);
    if (this.#active.size > MOST_RESTING) this.#waiting();
  }

  /** The client has work. */
  activate(client: Client): void {
    client.setActive(true);
    this.#active.add(client);
  }

  removeClient(client: Client): void {
    this.#clients.delete(client);
    this.#active.delete(client);
  }

  addBroadcast(job: BroadcastJob): void {
    this.#broadcasts.push(job);
  }

  removeBroadcast(job: BroadcastJob): void {
    const at = this.#broadcasts.indexOf(job);
    if (at >= 0) this.#broadcasts.splice(at, 1);
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
    if (this.#broadcasts.length > 0) return false;
    for (const lane of this.#lanes) if (lane.outstanding > 0) return false;
    for (const client of this.#active) if (!client.isResting) return false;
    return true;
  }

  givenBack(chunks: readonly Chunk[]): void {
    this.giveBack(chunks);
    this.pump(false);
  }

  /** Workers cannot be started: what waits, and with `forGood` what comes, fails. */
  failWaiting(cause: unknown, forGood: boolean): void {
    for (const client of [...this.#clients]) client.fail(cause, forGood);
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
        if (this.#broadcasts.length > 0) this.#fillBroadcasts();
        this.#longAhead.recall(this.#mayMoveTo);
        if (this.#slots > 1) this.#fillSlots();
        else if (this.#waiting() > 0) {
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
      this.#waiting() + this.#longAhead.countWithoutLane() + this.#heldUp(),
      this.#broadcasts.length === 0 ? 0 : this.#missing(),
    );
    if (waiting > 0) this.#supply.wanted(waiting);
  }

  /** Tasks without an idle lane whose function is being found, or whose arguments are being checked: a worker starts meanwhile. */
  #heldUp(): number {
    let tasks = 0;
    for (const client of this.#active) if (client.isHeldUp) tasks += client.queued;
    if (tasks > 0) for (const lane of this.#lanes) if (lane.isIdle) tasks -= 1;
    return Math.max(0, tasks);
  }

  /** Workers that are missing for a broadcast. */
  #missing(): number {
    let missing = 0;
    for (const job of this.#broadcasts) {
      const there = this.#lanes.filter((lane) => this.#mustRun(lane, job)).length;
      if ((job.owner as Client).canBroadcast(job)) missing = Math.max(missing, job.free - there);
    }
    return missing;
  }

  #mustRun(lane: Lane, job: BroadcastJob): boolean {
    return lane.state === 'ready' && !lane.isReplaced && lane.callsLeft > 0 && job.needs(lane.id);
  }

  /** The lane gets nothing else before it has a broadcast. */
  #isKept(lane: Lane): boolean {
    return this.#broadcasts.some((job) => this.#mustRun(lane, job) && (job.owner as Client).canBroadcast(job));
  }

  /** What a lane has not started waits for its broadcast, where that can be taken back. */
  #fillBroadcasts(): void {
    const now = this.#clock.now();
    for (const job of [...this.#broadcasts]) {
      const client = job.owner as Client;
      if (!client.canBroadcast(job)) continue;
      for (const lane of [...this.#lanes]) {
        if (!this.#mustRun(lane, job)) continue;
        const slot = this.#slots > 1 ? lane.freeSlot : this.#freedFor(lane);
        const chunk = slot === undefined ? undefined : job.claimFor(lane.id, lane.index);
        if (slot === undefined || chunk === undefined) continue;
        this.#take(client, chunk);
        this.#recordWait(job.acceptedAt, now, chunk.count);
        slot.send([chunk]);
      }
    }
  }

  /** The only slot of a lane, if it has no task, or gives all back. An earlier broadcast stays there. */
  #freedFor(lane: Lane): Slot | undefined {
    const slot = lane.slots[0] as Slot;
    if (slot.outstanding > 0 && !slot.chunks.some(({ job }) => this.#isBroadcast(job)))
      this.giveBack(slot.takeBack(Number.POSITIVE_INFINITY));
    return lane.isIdle ? slot : undefined;
  }

  measured(fn: TaskFunction, count: number, elapsed: number): void {
    fn.runTimes.record(count, elapsed);
    if (fn.runTimes.isLong) this.#longAhead.note();
    this.#runTime.record(elapsed / count / 1000, count);
  }

  /** Tasks left their lane: the client's charge becomes what they took. */
  left(chunk: Chunk, count: number): void {
    const { job, charge } = chunk;
    (job.owner as Client).settleCharge(count, charge, job.fn.runTimes.lastMean * 1000, !job.isOver);
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
    const lane = warmLane(this.#lanes, expectedWork(this.#active), now);
    if (lane !== undefined && !(this.#broadcasts.length > 0 && this.#isKept(lane)))
      this.#fill(lane, lane.slots[0] as Slot, this.#waiting(), now);
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
    const waiting = this.#waiting();
    if (waiting === 0 || lane.callsLeft <= 0 || (this.#broadcasts.length > 0 && this.#isKept(lane))) return;
    const isShared = sharers > 1 && !staysTogether(lane, this.#active);
    this.#fill(lane, lane.slots[0] as Slot, isShared ? Math.ceil(waiting / sharers) : waiting, now);
  }

  /** Several slots: one task to each, the lane with the fewest first. Another worker is started before a lane gets a second task. */
  #fillSlots(): void {
    let refused: Set<Lane> | undefined;
    let isFirst = true;
    for (let waiting = this.#waiting(); waiting > 0; waiting = this.#waiting()) {
      if (isFirst) this.#startBefore(waiting);
      isFirst = false;
      const lane = this.#leastBusy(waiting, refused);
      if (lane === undefined) return;
      if (this.#fill(lane, lane.freeSlot as Slot, 1)) {
        if (this.#size > 1) this.#lookIn(LONG_RUN);
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

  /** The lane with a free slot, and a share of the tasks to come, that has the fewest tasks; one whose event loop is busy comes last. */
  #leastBusy(waiting: number, refused: ReadonlySet<Lane> | undefined): Lane | undefined {
    const now = this.#clock.now();
    let open = waiting;
    let lanes = 0;
    let isStarting = false;
    for (const { state, outstanding, startedAt, isReplaced } of this.#lanes) {
      if (state === 'starting') {
        if (now - startedAt >= SPREAD_WAIT) continue;
        isStarting = true;
        this.#lookIn(SPREAD_WAIT - (now - startedAt));
      } else if (state !== 'ready' || isReplaced) continue;
      lanes += 1;
      open += outstanding;
    }
    const most = isStarting ? Math.ceil(open / lanes) : Number.POSITIVE_INFINITY;
    let least: Lane | undefined;
    for (const lane of this.#lanes) {
      if (lane.freeSlot === undefined || lane.outstanding >= most || refused?.has(lane) === true) continue;
      const isLess = least === undefined || (lane.isHeldUp === least.isHeldUp ? lane.outstanding < least.outstanding : least.isHeldUp);
      if (isLess) least = lane;
    }
    return least;
  }

  #lookIn(ms: number): void {
    if (!this.#lookAgain.isSet) this.#lookAgain.set(ms);
  }

  /** All messages were read: tasks that have not begun do wait, and short ones have had their time. */
  #look(): void {
    if (this.#slots > 1) for (const lane of this.#lanes) if (lane.judgeWait(LONG_RUN)) this.#lookIn(LONG_RUN);
    this.#run();
  }

  /** Several slots: tasks that wait in a worker whose event loop is busy move to one with a free slot. */
  #relieve(): void {
    for (const held of this.#lanes) {
      if (!held.isHeldUp || !held.canTakeBack || held.isReplaced || held.state !== 'ready') continue;
      const other = this.#lanes.find((lane) => lane !== held && lane.freeSlot !== undefined && !lane.isHeldUp);
      if (other !== undefined && this.#moveFrom(held, other)) this.#fillSlots();
    }
  }

  /** Takes half of the tasks back that have not begun, the last slots first, as far as they may run in the other lane. Returns whether there were any. */
  #moveFrom(held: Lane, other: Lane): boolean {
    const waiting = held.slots.filter((slot) => slot.outstanding > 0 && !slot.hasBegun);
    let most = Math.min(Math.ceil(waiting.length / 2), this.#slots - other.outstanding);
    let isAny = false;
    for (const slot of waiting.reverse()) {
      if (most === 0) break;
      const { last } = slot;
      if (last === undefined || !this.#mayMove(last.job, other)) continue;
      const back = slot.takeBack(1);
      if (back.length === 0) continue;
      this.giveBack(back);
      isAny = true;
      most -= 1;
    }
    return isAny;
  }

  /** In turn, so that all get work ahead alike. */
  #fillAhead(): void {
    const count = this.#lanes.length;
    for (let i = 0; i < count; i++) {
      const waiting = this.#waiting();
      if (waiting === 0) return;
      this.#turn = (this.#turn + 1) % count;
      const lane = this.#lanes[this.#turn];
      if (lane === undefined || lane.state !== 'ready' || lane.callsLeft <= 0) continue;
      const slot = lane.slots[0] as Slot;
      if (slot.outstanding === 0 || !slot.hasRoom) continue;
      if (this.#broadcasts.length > 0 && this.#isKept(lane)) continue;
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

  #recordWait(accepted: Moment, now: number, count: number): void {
    this.#waitTime.record(Math.max(0, now - accepted.at), count);
  }

  /**
   * The client whose task is next in a message that has `chunks` already, `load` µs of work. Where tasks of one client may not lie behind those of
   * another, the message goes on with the same one for the length of a TURN: a message for each task would take longer than the tasks.
   */
  #nextInMessage(lane: Lane, chunks: readonly Chunk[], before: Chunk | undefined, load: number): Client | undefined {
    const next = this.#nextClient(lane, chunks);
    if (before === undefined || chunks.length === 0 || lane.canTakeBack || load >= (lane.batch ?? TURN)) return next;
    const same = before.job.owner as Client;
    return next === undefined || same.front() === undefined ? next : same;
  }

  /** The client with work, and a lane to spare, that has had the least. */
  #nextClient(lane: Lane, claimed: readonly Chunk[]): Client | undefined {
    let next: Client | undefined;
    for (const client of this.#active) {
      if (next !== undefined && client.charged >= next.charged) continue;
      if (client.front() === undefined || !this.#mayUse(client, lane, claimed)) continue;
      next = client;
    }
    return next;
  }

  #isAnyHeld(): boolean {
    if (this.#broadcasts.length > 0) return true;
    for (const { options, isHeldUp } of this.#active) if (isHeldUp || options.maxLanes < this.#lanes.length) return true;
    return false;
  }

  /** Whether what is taken back may run in `idle` at once. */
  #mayMove(job: Job, idle: Lane): boolean {
    const client = job.owner as Client;
    return !this.#isBroadcast(job) && !client.isHeldUp && this.#mayUse(client, idle, []);
  }

  /** The lane has tasks of this client, other than those of broadcasts. */
  #hasTasksOf(lane: Lane, client: Client): boolean {
    if (this.#broadcasts.length === 0) return hasTasksOf(lane, client);
    return lane.chunks.some(({ job }) => job.owner === client && !this.#isBroadcast(job));
  }

  #isBroadcast(job: Job): boolean {
    return this.#broadcasts.length > 0 && this.#broadcasts.includes(job as BroadcastJob);
  }

  /** A facade may be held to fewer lanes than there are. */
  #mayUse(client: Client, lane: Lane, claimed: readonly Chunk[]): boolean {
    const { maxLanes } = client.options;
    if (maxLanes >= this.#lanes.length || claimed.some(({ job }) => job.owner === client)) return true;
    let used = 0;
    for (const other of this.#lanes) {
      // A broadcast does not count: it runs on all lanes.
      if (other.state === 'retiring' || !this.#hasTasksOf(other, client)) continue;
      if (other === lane) return true;
      used += 1;
    }
    return used < maxLanes;
  }

  /** Tasks that could be claimed now, as far as it is known; at least 1 where there is any. */
  #waiting(): number {
    let waiting = 0;
    for (const client of this.#active) {
      waiting += client.claimable;
      if (this.#active.size > MOST_RESTING && client.isResting) {
        client.setActive(false);
        this.#active.delete(client);
      }
    }
    return waiting;
  }

  /** An idle lane for which nothing waits takes half of what lies unstarted in another. */
  #rebalance(): void {
    for (const idle of this.#lanes) {
      if (!idle.isIdle || idle.callsLeft <= 0) continue;
      if (this.#nextClient(idle, NOTHING) !== undefined) continue;
      const back = this.#takeBackFor(idle);
      if (back.length === 0) continue;
      this.giveBack(back);
      // A broadcast may have come back too: until it has one, a lane gets nothing else.
      if (this.#broadcasts.length > 0) this.#fillBroadcasts();
      this.#fillIdle(this.#clock.now());
      this.#fillAhead();
    }
  }

  /** From the fullest lane that has something to give that may run there. */
  #takeBackFor(idle: Lane): Chunk[] {
    const lanes: Lane[] = [];
    for (const lane of this.#lanes) {
      if (!lane.canTakeBack || lane.outstanding < 2) continue;
      if (isShort(lane.slots[0] as Slot, 0, this.#clock.now())) this.#lookIn(SHORT_RUN);
      else lanes.push(lane);
    }
    if (lanes.length === 0) return lanes as never[];
    lanes.sort((one, other) => other.outstanding - one.outstanding);
    for (const lane of lanes) {
      // Half, from the end; all of it where some of what lies there may not run in the idle one.
      const mayMove = this.#isAnyHeld() ? lane.chunks.map(({ job }) => this.#mayMove(job, idle)) : [true];
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

function hasTasksOf({ slots }: Lane, client: Client): boolean {
  for (const slot of slots) if (slot.chunks.some(({ job }) => job.owner === client)) return true;
  return false;
}

/** A task that may be ended by a limit together with its worker, which would not give back what lies behind it. */
function isCondemnable(job: Job, lane: Lane): boolean {
  return !lane.canTakeBack && lane.batch === undefined && job.settings.taskTimeout !== Number.POSITIVE_INFINITY;
}

/** Whether a task of `job` may lie behind one of `before`: never where what ends the one, with its worker, would end the other too. */
function mayFollow(job: Job, before: Job, lane: Lane): boolean {
  if (lane.canTakeBack) return true;
  const { signal, taskTimeout } = before.settings;
  if (lane.batch !== undefined)
    return before.owner === job.owner && !before.fn.runTimes.isAlone && haveSameSettings(before.settings, job.settings);
  return before.owner === job.owner && taskTimeout === Number.POSITIVE_INFINITY && (signal === undefined || signal === job.settings.signal);
}

/** Whether tasks may travel in one message that is stored, run and aborted as a whole. A report belongs to one call. */
function haveSameSettings(one: CallSettings, other: CallSettings): boolean {
  if (one === other) return one.onReport === undefined;
  return (
    one.signal === other.signal &&
    one.taskTimeout === other.taskTimeout &&
    one.priority === other.priority &&
    one.retries === other.retries &&
    one.onReport === undefined &&
    other.onReport === undefined
  );
}
