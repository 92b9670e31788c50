/**
 * Opens what the engine is used through: BullMQ's queue, its events and its relay, on Redis or Valkey, or on PostgreSQL.
 *
 *   'redis://…', 'rediss://…', an object of ioredis        -> ioredis clients made here, whose sockets keep no program alive
 *   'postgres://…', 'postgresql://…', an object of pg      -> BullMQ's PostgreSQL backend
 *
 * A connection here tries again without end: who gives up, and when, is decided by what waits for the engine. It does not know jobs.
 */
import { EngineDownError } from '@twinpool/core/facade';
import { createPostgresBackend, createPostgresRelayBackend, Queue, QueueEvents, Relay } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';

/** How a job ended: with the return value of its record, or with the reason of its failure. */
export type JobEnd = { readonly result: unknown } | { readonly failed: string };

export interface EngineOptions {
  readonly connection: string | object;
  readonly queue: string;
  readonly prefix: string | undefined;
  /** PostgreSQL: the schema is brought up to date. */
  readonly migrates: boolean;
}

/** The most events that the engine keeps for clients that read them late; each holds the result of a job. The sweep finds what is missed. */
const MOST_EVENTS = 1000;
/** Milliseconds that each step of an end may take at the engine. */
export const LAST_WORDS = 1000;
/** Milliseconds between two attempts to connect. */
const LEAST_PAUSE = 100;
const LONGEST_PAUSE = 1000;
const KEEP_ALIVE = 10_000;

// biome-ignore lint/suspicious/noExplicitAny: the constructors of BullMQ differ by backend, which is chosen at run time
type Anything = any;

export class Engine {
  readonly isPostgres: boolean;
  readonly queue: Queue;
  readonly #options: EngineOptions;
  readonly #clients: Redis[] = [];
  /** The program does not wait for them. */
  #areUnreferenced = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.isPostgres = isPostgres(options.connection);
    this.queue = this.#make(Queue, { streams: { events: { maxLen: MOST_EVENTS } } }) as Queue;
    this.queue.on('error', ignore);
  }

  /** What the constructors of BullMQ get. Each Redis client is a new one. */
  connectionOptions(): Record<string, unknown> {
    const { connection, prefix } = this.#options;
    const key = prefix === undefined ? {} : { prefix };
    if (!this.isPostgres) return { connection: this.#client(), ...key };
    const base = typeof connection === 'string' ? { connectionString: connection } : connection;
    return { connection: { ...base, migrate: this.#options.migrates, allowExitOnIdle: true }, ...key };
  }

  get backend(): Anything {
    return this.isPostgres ? createPostgresBackend : undefined;
  }

  /** Rejects with EngineDownError if the engine was not reached within `ms`. */
  async reached(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    let last: unknown;
    const note = (error: unknown) => {
      last = error;
    };
    this.queue.on('error', note);
    for (const client of this.#clients) client.on('error', note);
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const reason = last instanceof Error && last.message !== '' ? `: ${last.message}` : '';
        reject(new EngineDownError(`the queue engine was not reached within ${ms} ms${reason}`, { cause: last }));
      }, ms);
    });
    try {
      await Promise.race([this.#answer(), late]);
    } catch (error) {
      if (error instanceof EngineDownError) throw error;
      throw new EngineDownError(`the queue engine cannot be used: ${(error as Error).message}`, { cause: error });
    } finally {
      clearTimeout(timer);
      this.queue.off('error', note);
      for (const client of this.#clients) client.off('error', note);
    }
  }

  async #answer(): Promise<void> {
    for (;;) {
      try {
        await this.queue.waitUntilReady();
        await this.queue.getJobCounts('wait');
        return;
      } catch (error) {
        // PostgreSQL says 57P03 while it recovers, and there are moments without a server.
        if (!isPassing(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, LEAST_PAUSE));
      }
    }
  }

  /** Reads events from now on. On Redis it starts behind the last one, so that none is missed while the connection is made. */
  async openEvents(): Promise<QueueEvents> {
    const last = this.isPostgres ? undefined : await this.#lastEvent();
    // Without a limit BullMQ sets no timer, which would keep the program alive.
    const options = this.isPostgres ? {} : { blockingTimeout: 0, lastEventId: last };
    const events = this.#make(QueueEvents, options) as QueueEvents;
    events.on('error', ignore);
    return events;
  }

  /** What the records of jobs say: how each ended, 'open' while it waits or runs, 'gone' if the record is missing. */
  recordsOf(ids: readonly string[]): Promise<(JobEnd | 'open' | 'gone')[]> {
    return this.isPostgres ? Promise.all(ids.map((id) => this.#row(id))) : this.#hashes(ids);
  }

  /** The row has the data of the job, which can be long: it is read only when the job has ended. */
  async #row(id: string): Promise<JobEnd | 'open' | 'gone'> {
    const state = await this.queue.getJobState(id);
    if (state !== 'completed' && state !== 'failed') return state === 'unknown' ? 'gone' : 'open';
    const job = await this.queue.getJob(id);
    if (job === undefined) return 'gone';
    return state === 'completed' ? { result: job.returnvalue as unknown } : { failed: job.failedReason ?? '' };
  }

  /** Without the data of the jobs, which can be long: BullMQ's `getJob` reads it, too. */
  async #hashes(ids: readonly string[]): Promise<(JobEnd | 'open' | 'gone')[]> {
    const pipeline = this.#queueClient().pipeline();
    for (const id of ids) pipeline.hmget(this.queue.toKey(id), 'timestamp', 'finishedOn', 'returnvalue', 'failedReason');
    const replies = (await pipeline.exec()) ?? [];
    return replies.map(([error, fields]) => {
      if (error !== null) throw error;
      const [timestamp, finishedOn, result, failed] = fields as (string | null)[];
      if (!finishedOn) return timestamp === null ? 'gone' : 'open';
      return typeof result === 'string' ? { result: parsed(result) } : { failed: failed ?? '' };
    });
  }

  #queueClient(): Redis {
    return this.#clients[0] as Redis;
  }

  async #lastEvent(): Promise<string> {
    const [last] = await this.#queueClient().xrevrange(this.queue.toKey('events'), '+', '-', 'COUNT', 1);
    return last?.[0] ?? '0-0';
  }

  /** A member of the control channel. */
  openRelay(nodeId: string, leaseDuration: number): Relay {
    const { connection, prefix } = this.connectionOptions();
    const namespace = this.#options.queue.replace(/[^\w-]/g, '_');
    const backend = this.isPostgres ? createPostgresRelayBackend : undefined;
    const options = { connection, nodeId, namespace, leaseDuration, blockTimeout: 1000, ...(backend === undefined ? {} : { backend }) };
    const relay = new Relay((prefix === undefined ? options : { ...options, prefix }) as Anything);
    relay.on('error', ignore);
    relay.waitUntilReady().catch(ignore);
    return relay;
  }

  /** From now on no connection keeps the program alive. */
  unreference(): void {
    this.#areUnreferenced = true;
    for (const client of this.#clients) unreference(client);
  }

  async close(): Promise<void> {
    await inTime(this.queue.close());
    for (const client of this.#clients) client.disconnect();
  }

  #make(Class: Anything, options: object): unknown {
    const { queue } = this.#options;
    return new Class(queue, { ...this.connectionOptions(), ...options }, this.backend);
  }

  #client(): Redis {
    const { connection } = this.#options;
    const own: RedisOptions = {
      maxRetriesPerRequest: null,
      keepAlive: KEEP_ALIVE,
      retryStrategy: (times) => Math.min(LEAST_PAUSE * 2 ** times, LONGEST_PAUSE),
    };
    const client =
      typeof connection === 'string' ? new Redis(connection, own as Anything) : new Redis({ ...connection, ...own } as Anything);
    this.#keep(client);
    return client;
  }

  /** BullMQ copies a client where it needs a connection of its own. */
  #keep(client: Redis): void {
    const duplicate = client.duplicate.bind(client);
    client.duplicate = (options) => {
      const copy = duplicate(options);
      this.#keep(copy);
      return copy;
    };
    client.on('error', ignore);
    client.on('connect', () => this.#areUnreferenced && unreference(client));
    client.on('reconnecting', () => this.#areUnreferenced && unreference(client));
    client.on('end', () => {
      const at = this.#clients.indexOf(client);
      if (at >= 0) this.#clients.splice(at, 1);
    });
    this.#clients.push(client);
  }
}

/** Its socket, and its timer between two attempts, keep no program alive. */
function unreference(client: Redis): void {
  const { stream, reconnectTimeout } = client as unknown as { stream?: { unref?(): void }; reconnectTimeout?: { unref?(): void } | null };
  stream?.unref?.();
  reconnectTimeout?.unref?.();
}

/** `undefined` for what is not JSON: then it is not a result of a node either. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isPostgres(connection: string | object): boolean {
  if (typeof connection === 'string') return /^postgres(ql)?:/.test(connection);
  return 'connectionString' in connection || 'connect' in connection || 'user' in connection || 'database' in connection;
}

/** PostgreSQL: it shuts down, has crashed, or recovers; then those of a socket. */
const PASSING = new Set<unknown>(['57P01', '57P02', '57P03', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

/** The error comes and goes with the state of the server: a second try may succeed. */
export function isPassing(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return PASSING.has(code) || /Connection is closed|Connection terminated|LOADING/.test(String(message));
}

/** Connections report each failed attempt; the watch over the engine decides what it means. */
function ignore(): void {
  // Nothing.
}

/** Resolves when the promise is settled, or `ms` later: an engine that is away never answers. */
export async function inTime(promise: Promise<unknown> | undefined, ms: number = LAST_WORDS): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise?.catch(ignore), late]);
  clearTimeout(timer);
}
