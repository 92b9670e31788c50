/**
 * Reports what an engine is and how far away it is, for `twinpool doctor --connection`.
 *
 *   URL --> a client of ioredis or pg --INFO, TIME, PING, EXISTS | SELECT--> EngineReport
 *
 * It changes nothing at the engine, and closes its connection. It does not know nodes and jobs.
 */
import { EngineDownError } from '@twinpool/core/facade';
import { Redis } from 'ioredis';

/** What was found of an engine. Times are milliseconds. */
export interface EngineReport {
  /** The name and the version of the server. */
  readonly version: string;
  /** What the server drops when its memory is full; BullMQ needs `noeviction`. `null`: it drops nothing. */
  readonly maxmemoryPolicy: string | null;
  /** What survives a restart: `aof`, `rdb`, `wal`; `null`: nothing. */
  readonly persistence: string | null;
  /** The median of some round trips. */
  readonly roundTrip: number;
  /** How far the clock of the server is ahead of the clock here. */
  readonly clockSkew: number;
}

/** ms */
const CONNECT_BOUND = 10_000;
const ROUND_TRIPS = 5;

/** Answers one question, and tells the time of the server. */
interface Server {
  open(): Promise<void>;
  ping(): Promise<unknown>;
  /** Milliseconds since 1970. */
  time(): Promise<number>;
  facts(): Promise<Pick<EngineReport, 'version' | 'maxmemoryPolicy' | 'persistence'>>;
  close(): Promise<void>;
}

/**
 * Looks at an engine, and changes nothing there.
 *
 * @param connection The URL, `redis://…` or `postgres://…`.
 * @param options `queue`: also reads a key of this queue, so that missing rights are found.
 * @returns What was found; times are milliseconds.
 * @throws EngineDownError if the engine is not reached within 10 s, or refuses.
 * @see https://docs.bullmq.io/guide/going-to-production
 * @example
 * ```ts
 * import { engineReport } from '@twinpool/bullmq';
 *
 * export async function dropsJobs(): Promise<boolean> {
 *   const { maxmemoryPolicy } = await engineReport('redis://127.0.0.1:6379');
 *   return maxmemoryPolicy !== null && maxmemoryPolicy !== 'noeviction';
 * }
 * ```
 */
export async function engineReport(connection: string, options: { readonly queue?: string | undefined } = {}): Promise<EngineReport> {
  const server = /^postgres(ql)?:/.test(connection) ? await postgres(connection) : redis(connection, options.queue);
  try {
    await server.open();
    return { ...(await server.facts()), ...(await measured(server)) };
  } catch (error) {
    throw new EngineDownError(`the queue engine cannot be used: ${(error as Error).message}`, { cause: error });
  } finally {
    await server.close();
  }
}

async function measured(server: Server): Promise<Pick<EngineReport, 'roundTrip' | 'clockSkew'>> {
  const trips: number[] = [];
  for (let i = 0; i < ROUND_TRIPS; i++) {
    const began = performance.now();
    await server.ping();
    trips.push(performance.now() - began);
  }
  trips.sort((one, other) => one - other);
  const before = Date.now();
  const there = await server.time();
  return { roundTrip: rounded(trips[ROUND_TRIPS >> 1] as number), clockSkew: rounded(there - (before + Date.now()) / 2) };
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}

function redis(connection: string, queue: string | undefined): Server {
  const client = new Redis(connection, { lazyConnect: true, connectTimeout: CONNECT_BOUND, retryStrategy: () => null });
  let fault: Error | undefined;
  client.on('error', (error: Error) => {
    fault ??= error;
  });
  return {
    async open() {
      await client.connect().catch((error: unknown) => {
        throw fault ?? error;
      });
      if (queue !== undefined) await client.exists(`bull:${queue}:meta`);
    },
    ping: () => client.ping(),
    async time() {
      const [seconds, micros] = await client.time();
      return Number(seconds) * 1000 + Number(micros) / 1000;
    },
    async facts() {
      const info = new Map((await client.info()).split('\r\n').map((line) => line.split(/:(.*)/s) as [string, string]));
      const isValkey = info.get('server_name') === 'valkey';
      const version = isValkey ? `valkey ${info.get('valkey_version')}` : `redis ${info.get('redis_version')}`;
      const maxmemoryPolicy = info.get('maxmemory_policy') ?? null;
      return { version, maxmemoryPolicy, persistence: await persistenceOf(client, info) };
    },
    async close() {
      client.disconnect();
    },
  };
}

async function persistenceOf(client: Redis, info: ReadonlyMap<string, string>): Promise<string | null> {
  if (info.get('aof_enabled') === '1') return 'aof';
  try {
    const [, save] = (await client.config('GET', 'save')) as [string, string];
    return save === '' ? null : 'rdb';
  } catch {
    // Managed servers refuse CONFIG, and store snapshots of their own.
    return 'rdb';
  }
}

/** The parts of `pg` that are used here. BullMQ's PostgreSQL backend needs that package too. */
interface PostgresClient {
  connect(): Promise<void>;
  query(text: string): Promise<{ readonly rows: readonly Record<string, string>[] }>;
  end(): Promise<void>;
}

async function postgres(connection: string): Promise<Server> {
  const client = await postgresClient(connection);
  const one = async (query: string): Promise<Record<string, string>> => (await client.query(query)).rows[0] as Record<string, string>;
  return {
    open: () => client.connect(),
    ping: () => client.query('SELECT 1'),
    time: async () => Number((await one('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms'))['ms']),
    async facts() {
      const { version, fsync } = await one("SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync");
      return { version: `postgresql ${version}`, maxmemoryPolicy: null, persistence: fsync === 'off' ? null : 'wal' };
    },
    close: () => client.end(),
  };
}

async function postgresClient(connectionString: string): Promise<PostgresClient> {
  try {
    const { default: pg } = (await import('pg' as string)) as { default: { Client: new (options: object) => PostgresClient } };
    return new pg.Client({ connectionString, connectionTimeoutMillis: CONNECT_BOUND });
  } catch (cause) {
    throw new EngineDownError('the package pg is not installed here; npm install pg', { cause });
  }
}
