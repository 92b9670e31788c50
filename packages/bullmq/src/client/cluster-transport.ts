/**
 * The transport of one lane of a cluster: one place at the engine. What its lane sends becomes one job, and the job's record the answer.
 *
 *   postTasks --encode, sign--> job --Cluster--> engine --> node
 *   received([ANSWER …]) <--check, decode-- result of the record       answers of a lane keep the order in which it sent
 *
 *   free --postTasks--> taken --the job ended--> free                  a lane has room if it is free, and its index is below the credit
 *   abort, kill: the job is removed while it waits, and aborted by its node if it runs
 *
 * - Every job that was sent is answered once: with its outcomes, or with one error for all its tasks.
 * - Time limits and re-runs are the node's and the engine's: this side only says how many.
 *
 * It does not know which job of a facade its tasks belong to, except for their settings and their reports.
 */
import { PayloadTooLargeError, TwinpoolError, WorkerLostError } from '@twinpool/core';
import {
  ANSWER,
  ARGUMENT_LISTS,
  ARITY_SHIFT,
  AS_THROWN,
  BLOCKING,
  type Chunk,
  type Client,
  DEFINE,
  decodeThrown,
  encodeThrown,
  type Message,
  NodeLostError,
  type PackedRuns,
  READY,
  RUN_FIELDS,
  RUN_FLAGS,
  RUN_FN,
  RUN_ITEMS,
  RUN_SPECIALS,
  type TaskFunction,
  type Transport,
  type TransportContext,
  type TransportOwner,
} from '@twinpool/core/facade';
import type { JobEnd } from '../engine.ts';
import { bullmqPriority } from '../wire/bullmq-priority.ts';
import { faultOfResult, type JobData, NODE_LOST, OF_NODE, type ResultData, type RunData, signJob, VERSION } from '../wire/job-data.ts';
import { decodeList, encodeList } from '../wire/value-list.ts';
import type { Cluster } from './cluster.ts';

/** What the lanes of a runtime share. */
export interface ClusterLine {
  readonly cluster: Cluster;
  readonly secret: string | undefined;
  /** Bytes that one job may take. */
  readonly maxPayload: number;
  /** What the workers of this client are like, as JSON. */
  readonly session: string;
  nameOf(id: number): string | undefined;
  /** No worker of this client can be started. */
  broken(cause: unknown): void;
}

/** Microseconds of work that a job should hold. More: a lost node loses more. Less: more jobs, each of which costs about 0.2 ms. */
const BATCH = 25_000;
/** Bytes above which a job of many tasks is sent as two. */
const LARGE = 1 << 20;

/** A message of the lane. */
interface Sent {
  readonly id: string;
  readonly chunks: readonly Chunk[];
  readonly count: number;
  readonly functions: readonly number[];
  answer: Message | undefined;
}

export class ClusterTransport implements Transport {
  readonly kind = 'cluster';
  readonly canTakeBack = false;
  readonly canInterrupt = true;
  readonly ownMessageFrom: number = Number.POSITIVE_INFINITY;
  readonly batch: number = BATCH;
  readonly pid = undefined;
  readonly threadId = undefined;
  readonly isAnswerHeld = false;
  readonly #line: ClusterLine;
  readonly #context: TransportContext;
  readonly #sent = new Map<number, Sent>();
  /** Functions that are checked tasks: their arguments were parsed. */
  readonly #parsed = new Set<number>();
  #owner!: TransportOwner;
  #isGone = false;

  constructor(line: ClusterLine, context: TransportContext) {
    this.#line = line;
    this.#context = context;
  }

  hasRoom(): boolean {
    return this.#sent.size === 0 && this.#context.setup.workerIndex < this.#line.cluster.credit;
  }

  start(owner: TransportOwner): void {
    this.#owner = owner;
    queueMicrotask(() => {
      if (!this.#isGone) owner.received([READY, 0]);
    });
  }

  post(message: Message): void {
    if (message[0] !== DEFINE) return;
    const descriptor = message[2] as TaskFunction['descriptor'];
    if (descriptor?.kind === 'module' && descriptor.parsed === true) this.#parsed.add(message[1] as number);
  }

  postTasks(_slot: number, sequence: number, count: number, { runs, chunks }: PackedRuns<Chunk>): void {
    const { settings, acceptedAt } = (chunks[0] as Chunk).job;
    const data = this.#dataOf(runs, settings);
    const bytes = data.runs.reduce((sum, { items }) => sum + Buffer.byteLength(items), 0);
    const { maxPayload, cluster, secret } = this.#line;
    if (bytes > maxPayload || (count > 1 && bytes > LARGE)) {
      throw new PayloadTooLargeError(
        `the arguments take ${bytes} bytes, more than maxPayload (${maxPayload}): send less, or raise maxPayload`,
      );
    }
    const id = cluster.nextId();
    const functions: number[] = [];
    for (let run = 0; run < runs.length; run += RUN_FIELDS) functions.push(runs[run + RUN_FN] as number);
    this.#sent.set(sequence, { id, chunks, count, functions, answer: undefined });
    const failed = (error: Error) => this.#answer(sequence, failureOf(count, error));
    const failure = cluster.failureAt(acceptedAt.at);
    if (failure !== undefined) {
      queueMicrotask(() => failed(failure));
      return;
    }
    cluster.send({
      id,
      name: data.runs[0]?.fn ?? '',
      data: signJob(data, id, secret),
      priority: bullmqPriority(settings.priority),
      ended: (end) => this.#ended(sequence, end),
      failed,
      progressed: (progress) => this.#progressed(sequence, progress),
    });
  }

  #dataOf(runs: readonly unknown[], settings: Chunk['job']['settings']): JobData {
    const { retries, retriesNodesOnly, taskTimeout, onReport } = settings;
    return {
      v: VERSION,
      runs: this.#runsOf(runs),
      session: this.#line.session,
      retries,
      workerRetries: retriesNodesOnly === true ? 0 : retries,
      timeout: taskTimeout === Number.POSITIVE_INFINITY ? null : taskTimeout,
      reports: onReport !== undefined,
      grace: this.#context.killGrace,
    };
  }

  #runsOf(runs: readonly unknown[]): RunData[] {
    const found: RunData[] = [];
    for (let run = 0; run < runs.length; run += RUN_FIELDS) {
      const id = runs[run + RUN_FN] as number;
      const flags = runs[run + RUN_FLAGS] as number;
      const items = runs[run + RUN_ITEMS] as ArrayLike<unknown>;
      const arity = flags >> ARITY_SHIFT;
      found.push({
        fn: this.#line.nameOf(id) ?? '',
        count: arity === 0 ? items.length : items.length / arity,
        lists: (flags & ARGUMENT_LISTS) !== 0,
        arity,
        parsed: this.#parsed.has(id),
        items: encodeList(items, runs[run + RUN_SPECIALS] as readonly unknown[] | undefined),
      });
    }
    return found;
  }

  #ended(sequence: number, end: JobEnd): void {
    const sent = this.#sent.get(sequence);
    if (sent === undefined) return;
    const answer = 'failed' in end ? failureOf(sent.count, failureError(end.failed, sent)) : this.#answerOf(sent, end.result);
    this.#breakOnLoss(sent, answer);
    this.#answer(sequence, answer);
  }

  #answerOf(sent: Sent, result: unknown): Message {
    const { secret } = this.#line;
    const fault = faultOfResult(result, sent.id, secret);
    if (fault !== undefined) return failureOf(sent.count, new TwinpoolError(`the result of a node is refused: ${fault}`));
    const { count, values, times, broken } = result as ResultData;
    try {
      if (count !== sent.count) throw new TypeError(`expected ${sent.count} outcomes, got ${count}`);
      const { items, specials } = decodeList(values, count);
      if (broken === true) this.#line.broken(causeOf(specials));
      return [ANSWER, count, items, specials, segmentsOf(sent, times), 0, BLOCKING];
    } catch (error) {
      return failureOf(sent.count, new TwinpoolError(`the result of a node cannot be read: ${(error as Error).message}`, { cause: error }));
    }
  }

  /** A client that breaks on a loss ends with the first one. */
  #breakOnLoss({ chunks }: Sent, answer: Message): void {
    // What lanes have belongs to clients.
    const client = (chunks[0] as Chunk).job.owner as Client;
    const specials = answer[3] as readonly unknown[] | undefined;
    if (!client.options.breaksOnLoss || specials === undefined) return;
    for (let at = 0; at < specials.length; at += 3) {
      const error = specials[at + 1] === AS_THROWN ? decoded(specials[at + 2]) : undefined;
      if (!(error instanceof WorkerLostError) || error.remote === true) continue;
      client.breakDown(error);
      return;
    }
  }

  #progressed(sequence: number, progress: unknown): void {
    const chunk = this.#sent.get(sequence)?.chunks[0];
    const { i, value } = (progress ?? {}) as { readonly i?: unknown; readonly value?: unknown };
    if (chunk === undefined || !Number.isSafeInteger(i) || typeof value !== 'string') return;
    try {
      chunk.job.report(chunk.base + (i as number), decodeList(value, 1).items[0]);
    } catch {
      // A report that cannot be read is none; the outcome follows.
    }
  }

  /** Delivers answers in the order in which their tasks were sent. */
  #answer(sequence: number, answer: Message): void {
    const sent = this.#sent.get(sequence);
    if (sent === undefined) return;
    sent.answer = answer;
    for (const [each, { answer: ready }] of this.#sent) {
      if (ready === undefined || this.#isGone) return;
      this.#sent.delete(each);
      this.#owner.received(ready);
    }
  }

  accept(): undefined {}

  countStarted(_slot: number, messages: readonly { readonly left: number }[]): number {
    return messages.reduce((sum, { left }) => sum + left, 0);
  }

  takeBack(): number {
    return 0;
  }

  abort(_slot: number, sequence: number): void {
    const sent = this.#sent.get(sequence);
    if (sent === undefined) return;
    void this.#line.cluster.revoke([sent.id], this.#context.killGrace).then((removed) => {
      if (removed.length === 0) return;
      this.#line.cluster.jobs.forget(sent.id);
      this.#answer(sequence, failureOf(sent.count, new TwinpoolError('the task was revoked before it started')));
    });
  }

  release(): void {}

  finish(): void {
    this.#leave(0);
  }

  kill(): void {
    const ids = [...this.#sent.values()].map(({ id }) => id);
    this.#sent.clear();
    for (const id of ids) this.#line.cluster.jobs.forget(id);
    if (ids.length > 0) this.#line.cluster.track(this.#line.cluster.revoke(ids, 0));
    this.#leave(null);
  }

  stoppedFor(): number {
    return 0;
  }

  #leave(exitCode: number | null): void {
    if (this.#isGone) return;
    this.#isGone = true;
    queueMicrotask(() => this.#owner.gone({ exitCode, signal: null }));
  }
}

function segmentsOf({ functions }: Sent, times: readonly number[]): number[] {
  const segments: number[] = [];
  for (const [run, id] of functions.entries()) {
    const count = times[2 * run] ?? 0;
    const elapsed = times[2 * run + 1] ?? 0;
    if (Number.isSafeInteger(count) && count > 0 && elapsed >= 0) segments.push(id, count, elapsed);
  }
  return segments;
}

/** The same error for all tasks of a message. */
function failureOf(count: number, error: Error): Message {
  const thrown = encodeThrown(error, 'worker');
  const specials: unknown[] = [];
  for (let i = 0; i < count; i++) specials.push(i, AS_THROWN, thrown);
  return [ANSWER, count, new Array(count).fill(undefined), specials, [], 0, BLOCKING];
}

/** `text` begins with OF_NODE. */
function failureError(text: string, { chunks }: Sent): Error {
  if (!text.startsWith(NODE_LOST)) return new TwinpoolError(text.slice(OF_NODE.length));
  const [chunk] = chunks;
  const name = chunk?.job.fn.name ?? '';
  return new NodeLostError(`task '${name}' was lost with its node: ${text.replace(/^.*?: .*?: /, '')}`, { workerId: 0, taskName: name });
}

function decoded(thrown: unknown): unknown {
  return decodeThrown(thrown as Parameters<typeof decodeThrown>[0], { workerId: 0, kind: 'cluster', pid: undefined, threadId: undefined });
}

/** Why no worker can be started: the cause of the first outcome's error. */
function causeOf(specials: readonly unknown[] | undefined): unknown {
  const error = specials === undefined ? undefined : decoded(specials[2]);
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}
