/**
 * What was handed to one worker and not answered: messages, each a list of chunks, the oldest task at the front.
 *
 * Decides which task the next answer belongs to (answers never overtake each other), what of it was started when the worker dies,
 * and what can be taken back. Refuses to know transports, limits and verdicts.
 *
 *   messages[0]: chunks [done] [done] [chunk: base .. offset | front .. count] [chunk] ...     messages[1]: ...
 */
import { type Chunk, type Ending, Job } from '../jobs/job.ts';
import type { TaskFunction } from '../tasks/task-function.ts';

/** One TASKS message that is not fully answered. */
export interface Sent {
  readonly sequence: number;
  /** Answered ones are let go, so that a long message does not hold the arguments of what is done. */
  readonly chunks: (Chunk | undefined)[];
  /** What the worker was told to expect of one task of each chunk, µs. */
  readonly expectations: number[];
  /** The front of this message: chunk, and offset in it. */
  chunkAt: number;
  offset: number;
  /** Unanswered tasks, of `total` that were not taken back: the front is the task at `total - left` of the message. */
  left: number;
  total: number;
  /** Values that were moved, not copied, went with it: it cannot be sent again. */
  readonly moved: boolean;
}

export class Ledger {
  readonly messages: Sent[] = [];
  /** Unanswered tasks of all messages. */
  tasks = 0;
  /** What they were charged with: their work in nanoseconds, as far as it was known when they were claimed. */
  load = 0;

  add(sequence: number, chunks: Chunk[], expectations: number[], count: number, moved: boolean): void {
    this.messages.push({ sequence, chunks, expectations, chunkAt: 0, offset: 0, left: count, total: count, moved });
    this.tasks += count;
    for (const chunk of chunks) this.load += chunk.count * chunk.charge;
  }

  /** Takes the message that was added last off again: nothing of it went out. */
  removeLast(): void {
    const sent = this.messages.pop() as Sent;
    this.tasks -= sent.left;
    for (const chunk of sent.chunks as Chunk[]) this.load -= chunk.count * chunk.charge;
  }

  /** The chunk of the oldest unanswered task. */
  get front(): Chunk | undefined {
    const sent = this.messages[0];
    return sent?.chunks[sent.chunkAt];
  }

  /** The index of that task in its job. */
  get frontIndex(): number {
    const sent = this.messages[0] as Sent;
    return (sent.chunks[sent.chunkAt] as Chunk).base + sent.offset;
  }

  /** A function whose tasks lie here, the oldest first. */
  functionOf(id: number): TaskFunction | undefined {
    for (const { chunks, chunkAt } of this.messages) {
      for (let at = chunkAt; at < chunks.length; at++) {
        const { fn } = (chunks[at] as Chunk).job;
        if (fn.id === id) return fn;
      }
    }
    return undefined;
  }

  /** The chunk that was added last. */
  get last(): Chunk | undefined {
    return this.messages.at(-1)?.chunks.at(-1);
  }

  /** Chunks that are not fully answered. */
  get chunks(): readonly Chunk[] {
    return this.messages.flatMap((sent) => sent.chunks.slice(sent.chunkAt) as Chunk[]);
  }

  /** Unanswered tasks of the front's chunk. */
  get frontLeft(): number {
    const sent = this.messages[0] as Sent;
    return (sent.chunks[sent.chunkAt] as Chunk).count - sent.offset;
  }

  /** Tells one moment from another: it changes with every answer. */
  get position(): string {
    const sent = this.messages[0];
    return sent === undefined ? '' : `${sent.sequence}/${sent.left}`;
  }

  /** The front moves over `count` tasks of its chunk, before they are settled. */
  advance(count: number): void {
    const sent = this.messages[0] as Sent;
    sent.left -= count;
    sent.offset += count;
    this.tasks -= count;
    this.load -= count * (sent.chunks[sent.chunkAt] as Chunk).charge;
    if (sent.offset === sent.chunks[sent.chunkAt]?.count) {
      sent.chunks[sent.chunkAt] = undefined;
      sent.chunkAt += 1;
      sent.offset = 0;
    }
    if (sent.left === 0) this.messages.shift();
  }

  /** Takes up to `most` tasks back, the last first; `retract` says of how many of a message that is still possible. */
  takeBack(most: number, retract: (sent: Sent, most: number) => number): Chunk[] {
    const back: Chunk[] = [];
    let taken = 0;
    for (let at = this.messages.length - 1; at >= 0 && taken < most; at--) {
      const sent = this.messages[at] as Sent;
      if (sent.moved) continue;
      const count = retract(sent, most - taken);
      taken += count;
      sent.left -= count;
      sent.total -= count;
      cutTail(sent, count, back);
      if (sent.left === 0) this.messages.splice(at, 1);
    }
    this.tasks -= taken;
    for (const chunk of back) this.load -= chunk.count * chunk.charge;
    return back;
  }

  /** The front task is settled before its worker has answered: nobody waits for what the worker will say of it. */
  disownFront(): void {
    const sent = this.messages[0] as Sent;
    const { chunkAt, offset } = sent;
    this.load -= disown(sent, chunkAt, offset);
    if (offset === 0) return;
    sent.chunks[chunkAt] = undefined;
    sent.chunkAt += 1;
    sent.offset = 0;
  }

  /** The same for tasks of the message that was added last; of one chunk the later ones first. */
  disownInLast(chunk: Chunk, offset: number): void {
    const sent = this.messages.at(-1) as Sent;
    this.load -= disown(sent, sent.chunks.indexOf(chunk), offset);
  }

  /** Empties it: the first `running` tasks were started, the rest not. What was moved to the worker is gone with it, started or not. */
  sortOut(running: number): { started: Chunk[]; unstarted: Chunk[] } {
    const started: Chunk[] = [];
    const unstarted: Chunk[] = [];
    let left = running;
    for (const sent of this.messages.splice(0)) {
      const here = Math.min(sent.left, left);
      left -= here;
      cutInTwo(sent, here, started, sent.moved ? started : unstarted);
    }
    this.tasks = 0;
    this.load = 0;
    return { started, unstarted };
  }
}

/** Puts a job that nobody waits for in the place of one task; returns what the task was charged with. */
function disown(sent: Sent, at: number, offset: number): number {
  const chunk = sent.chunks[at] as Chunk;
  const pieces: Chunk[] = [new Disowned(chunk)];
  const behind = chunk.count - offset - 1;
  if (behind > 0) pieces.push(chunk.splitTail(behind));
  if (offset > 0) {
    chunk.splitTail(1);
    pieces.unshift(chunk);
  }
  const expectation = sent.expectations[at] as number;
  sent.chunks.splice(at, 1, ...pieces);
  sent.expectations.splice(at, 1, ...pieces.map(() => expectation));
  return chunk.charge;
}

function cutTail(sent: Sent, count: number, back: Chunk[]): void {
  for (let left = count; left > 0; ) {
    const chunk = sent.chunks.pop() as Chunk;
    const answered = sent.chunks.length === sent.chunkAt ? sent.offset : 0;
    const cut = Math.min(left, chunk.count - answered);
    left -= cut;
    if (cut < chunk.count) {
      back.push(chunk.splitTail(cut));
      sent.chunks.push(chunk);
    } else {
      back.push(chunk);
      sent.expectations.pop();
    }
  }
}

function cutInTwo(sent: Sent, running: number, started: Chunk[], rest: Chunk[]): void {
  let left = running;
  for (let at = sent.chunkAt; at < sent.chunks.length; at++) {
    let chunk = sent.chunks[at] as Chunk;
    if (at === sent.chunkAt && sent.offset > 0) chunk = chunk.splitTail(chunk.count - sent.offset);
    if (left >= chunk.count) {
      left -= chunk.count;
      started.push(chunk);
    } else if (left > 0) {
      rest.push(chunk.splitTail(chunk.count - left));
      started.push(chunk);
      left = 0;
    } else rest.push(chunk);
  }
}

/** The same tasks in two lists. */
export function halves(chunks: readonly Chunk[], count: number): [Chunk[], Chunk[]] {
  const first: Chunk[] = [];
  const second: Chunk[] = [];
  let left = count >> 1;
  for (const chunk of chunks) {
    if (left === 0) second.push(chunk);
    else {
      if (chunk.count > left) second.push(chunk.splitTail(chunk.count - left));
      first.push(chunk);
      left -= chunk.count;
    }
  }
  return [first, second];
}

/** The place of a task that was settled before its worker answered: whatever the worker says of it is ignored. */
export class Disowned extends Job implements Chunk {
  readonly base = 0;
  readonly count = 1;
  readonly spread = false;
  charge = 0;

  constructor(chunk: Chunk) {
    super(chunk.job.fn, chunk.job.settings);
    this.owner = chunk.job.owner;
    this.over = true;
  }

  get job(): Job {
    return this;
  }
  get waiting(): number {
    return 0;
  }
  at(): unknown {
    return undefined;
  }
  splitTail(): Chunk {
    return this;
  }
  claim(): undefined {
    return undefined;
  }
  giveBack(): void {}
  settle(): void {}
  end(_error: unknown, _how: Ending): void {}
}
