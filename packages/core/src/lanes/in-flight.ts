/**
 * Keeps what was handed to one worker and is not answered: messages, each a list of chunks, the oldest task at the front.
 *
 *   messages[0]: chunks [done] [done] [chunk: base .. offset | front .. count] [chunk] ...     messages[1]: ...
 *
 * Answers never overtake each other, so the next answer belongs to the front task. The sum of `left` over all messages is `tasks`. It does not
 * know transports, deadlines and the reasons of an end.
 */
import { type Chunk, type Ending, Job } from '../jobs/job.ts';
import { dropFirst } from '../primitives/drop-first.ts';
import type { TaskFunction } from '../tasks/task-function.ts';

/** One TASKS message that is not fully answered. */
export interface SentMessage {
  readonly sequence: number;
  /** An answered chunk is dropped, so that a long message does not hold the arguments of what is done. */
  readonly chunks: readonly (Chunk | undefined)[];
  /** The expected run time of one task of each chunk, in microseconds, as the worker knows it. */
  readonly expectations: readonly number[];
  /** The front of this message: its chunk, and the place in it. */
  readonly chunkAt: number;
  readonly offset: number;
  /** Unanswered tasks, of `total` that were not taken back: the front is task `total - left` of the message. */
  readonly left: number;
  readonly total: number;
  /** Values went with it that were moved, not copied: it cannot be sent again. */
  readonly moved: boolean;
}

interface Sent extends SentMessage {
  readonly chunks: (Chunk | undefined)[];
  readonly expectations: number[];
  chunkAt: number;
  offset: number;
  left: number;
  total: number;
}

export class InFlight {
  readonly #messages: Sent[] = [];
  #tasks = 0;
  #load = 0;

  get messages(): readonly SentMessage[] {
    return this.#messages;
  }
  /** Unanswered tasks of all messages. */
  get tasks(): number {
    return this.#tasks;
  }
  /** What they were charged with: their work in nanoseconds, as far as it was known when they were claimed. */
  get load(): number {
    return this.#load;
  }

  /** The chunk of the oldest unanswered task. */
  get front(): Chunk | undefined {
    const sent = this.#messages[0];
    return sent?.chunks[sent.chunkAt];
  }
  /** The index of that task in its job. */
  get frontIndex(): number {
    const sent = this.#messages[0] as Sent;
    return (sent.chunks[sent.chunkAt] as Chunk).base + sent.offset;
  }
  /** The message of that task, and its place in the message. */
  get frontSequence(): number {
    return (this.#messages[0] as Sent).sequence;
  }
  get frontPlace(): number {
    const { total, left } = this.#messages[0] as Sent;
    return total - left;
  }
  /** Unanswered tasks of that task's chunk. */
  get frontLeft(): number {
    const sent = this.#messages[0] as Sent;
    return (sent.chunks[sent.chunkAt] as Chunk).count - sent.offset;
  }

  /** The number of tasks, from the front on, that the end of the worker may cost: those of the front's chunk, and of jobs that have ended. */
  get endedAhead(): number {
    let count = 0;
    for (const { chunks, chunkAt, offset } of this.#messages) {
      for (let at = chunkAt; at < chunks.length; at++) {
        const chunk = chunks[at];
        if (chunk === undefined) continue;
        if (count > 0 && !chunk.job.isOver) return count;
        count += chunk.count - (at === chunkAt ? offset : 0);
      }
    }
    return count;
  }

  /** The chunk that was added last. */
  get last(): Chunk | undefined {
    return this.#messages.at(-1)?.chunks.at(-1);
  }

  /** Chunks that are not fully answered. */
  get chunks(): readonly Chunk[] {
    return this.#messages.flatMap((sent) => sent.chunks.slice(sent.chunkAt) as Chunk[]);
  }

  /** A text that changes with every answer. */
  get position(): string {
    const sent = this.#messages[0];
    return sent === undefined ? '' : `${sent.sequence}/${sent.left}`;
  }

  /** The function with this id, if tasks of it are here; the oldest are looked at first. */
  functionOf(id: number): TaskFunction | undefined {
    for (const { chunks, chunkAt } of this.#messages) {
      for (let at = chunkAt; at < chunks.length; at++) {
        const { fn } = (chunks[at] as Chunk).job;
        if (fn.id === id) return fn;
      }
    }
    return undefined;
  }

  add(sequence: number, chunks: Chunk[], expectations: number[], count: number, moved: boolean): void {
    this.#messages.push({ sequence, chunks, expectations, chunkAt: 0, offset: 0, left: count, total: count, moved });
    this.#tasks += count;
    for (const chunk of chunks) this.#load += chunk.count * chunk.charge;
  }

  /** Removes the message that was added last: nothing of it was sent. */
  removeLast(): void {
    const sent = this.#messages.pop() as Sent;
    this.#tasks -= sent.left;
    for (const chunk of sent.chunks as Chunk[]) this.#load -= chunk.count * chunk.charge;
  }

  /** The front moves over `count` tasks of its chunk, before they are settled. */
  advance(count: number): void {
    const sent = this.#messages[0] as Sent;
    sent.left -= count;
    sent.offset += count;
    this.#tasks -= count;
    this.#load -= count * (sent.chunks[sent.chunkAt] as Chunk).charge;
    if (sent.offset === sent.chunks[sent.chunkAt]?.count) {
      sent.chunks[sent.chunkAt] = undefined;
      sent.chunkAt += 1;
      sent.offset = 0;
    }
    if (sent.left === 0) dropFirst(this.#messages);
  }

  /** Takes up to `most` tasks back, the last first; `retract` returns for how many of a message that is still possible. */
  takeBack(most: number, retract: (sent: SentMessage, most: number) => number): Chunk[] {
    const back: Chunk[] = [];
    let taken = 0;
    for (let at = this.#messages.length - 1; at >= 0 && taken < most; at--) {
      const sent = this.#messages[at] as Sent;
      if (sent.moved) continue;
      const count = retract(sent, most - taken);
      taken += count;
      sent.left -= count;
      sent.total -= count;
      cutTail(sent, count, back);
      if (sent.left === 0) this.#messages.splice(at, 1);
    }
    this.#tasks -= taken;
    for (const chunk of back) this.#load -= chunk.count * chunk.charge;
    return back;
  }

  /** The front task is settled before its worker has answered: what the worker will say of it counts no more. */
  replaceFront(): void {
    const sent = this.#messages[0] as Sent;
    const { chunkAt, offset } = sent;
    this.#load -= replace(sent, chunkAt, offset);
    if (offset === 0) return;
    sent.chunks[chunkAt] = undefined;
    sent.chunkAt += 1;
    sent.offset = 0;
  }

  /** The same for a task of the message that was added last. Of several tasks of a chunk the later ones come first. */
  replaceInLast(chunk: Chunk, offset: number): void {
    const sent = this.#messages.at(-1) as Sent;
    this.#load -= replace(sent, sent.chunks.indexOf(chunk), offset);
  }

  /** Removes everything: the first `running` tasks had started, the others not. What was moved to the worker is lost with it, started or not. */
  sortOut(running: number): { started: Chunk[]; unstarted: Chunk[] } {
    const started: Chunk[] = [];
    const unstarted: Chunk[] = [];
    let left = running;
    for (const sent of this.#messages.splice(0)) {
      const here = Math.min(sent.left, left);
      left -= here;
      cutInTwo(sent, here, started, sent.moved ? started : unstarted);
    }
    this.#tasks = 0;
    this.#load = 0;
    return { started, unstarted };
  }
}

/** Puts a placeholder where one task was. Returns what the task was charged with. */
function replace(sent: Sent, at: number, offset: number): number {
  const chunk = sent.chunks[at] as Chunk;
  const pieces: Chunk[] = [new Placeholder(chunk)];
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

/** Takes the place of a task that was settled before its worker answered. It is over from the start, so the answer is ignored. */
export class Placeholder extends Job implements Chunk {
  readonly base = 0;
  readonly count = 1;
  readonly spread = false;
  charge = 0;

  constructor(chunk: Chunk) {
    super(chunk.job.fn, chunk.job.settings);
    this.accept(chunk.job.owner, chunk.job.order);
    this.markOver();
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
