/**
 * Starts a real Redis for the tests: `redis-server` or `valkey-server` of the PATH, on a free port of 127.0.0.1, in a temporary folder.
 *
 * `TWINPOOL_TEST_ENGINE` names an engine that runs already. Without either there is none, and the tests that need one are skipped.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

export interface Engine {
  readonly url: string;
  readonly pid: number | undefined;
  /** Ends it as a crash does. */
  crash(): Promise<void>;
  /** Starts it again on the same port, with what it has on disk. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export function findServer(): string | undefined {
  for (const name of ['redis-server', 'valkey-server'])
    for (const folder of (process.env['PATH'] ?? '').split(delimiter)) if (existsSync(join(folder, name))) return join(folder, name);
  return undefined;
}

/** `append`: AOF on, for tests that restart it. */
export async function startEngine(append: 'everysec' | 'always' | false = false): Promise<Engine | undefined> {
  const server = findServer();
  if (server === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-redis-'));
  const port = await freePort();
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--maxmemory-policy', 'noeviction'];
  args.push('--appendonly', append === false ? 'no' : 'yes', ...(append === false ? [] : ['--appendfsync', append]));
  let child = await launch(server, args, port);
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    get pid() {
      return child.pid;
    },
    crash: () => end('SIGKILL'),
    restart: async () => {
      child = await launch(server, args, port);
    },
    stop: async () => {
      await end('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function launch(server: string, args: readonly string[], port: number): Promise<ChildProcess> {
  const child = spawn(server, args, { stdio: 'ignore' });
  for (let i = 0; i < 300; i++) {
    if (await answers(port)) return child;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill('SIGKILL');
  throw new Error('the engine did not start within 6 s');
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString().startsWith('+PONG'));
    });
    socket.once('error', () => resolve(false));
  });
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
