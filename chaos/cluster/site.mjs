// The site of one scenario: a real engine, nodes as processes of their own, clients, a side file that counts executions. `end` leaves nothing.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BullmqRuntime } from '@twinpool/bullmq';
import { Queue } from 'bullmq';

export const TASKS = fileURLToPath(new URL('./tasks.mjs', import.meta.url));
const COMMAND = fileURLToPath(new URL('../../packages/twinpool/dist/command.js', import.meta.url));
const PORTS = { redis: 'redis-server', valkey: 'valkey-server' };

function serverOnPath() {
  for (const name of Object.values(PORTS))
    for (const folder of (process.env.PATH ?? '').split(delimiter)) if (existsSync(join(folder, name))) return join(folder, name);
  throw new Error('there is no redis-server on the PATH: apt-get install -y --no-install-recommends redis-server');
}

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const answers = (port) =>
  new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString().startsWith('+PONG'));
    });
    socket.once('error', () => resolve(false));
  });

/** The number of keys that the engine has. */
const keysOf = (port) =>
  new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => socket.write('DBSIZE\r\n'));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(Number(data.toString().slice(1)));
    });
    socket.once('error', () => resolve(-1));
  });

export class Site {
  queue = 'chaos';
  nodes = [];
  runtimes = [];
  folder = mkdtempSync(join(tmpdir(), 'twinpool-site-'));

  static async open({ append = 'no', fsync = 'everysec', host = '127.0.0.1' } = {}) {
    const site = new Site();
    site.port = await freePort();
    site.url = `redis://${host}:${site.port}`;
    site.args = [
      '--port',
      `${site.port}`,
      '--bind',
      '127.0.0.1',
      ...(host === '127.0.0.1' ? [] : [host, '--protected-mode', 'no']),
      '--dir',
      site.folder,
      '--save',
      '',
      '--appendonly',
      append,
      '--appendfsync',
      fsync,
    ];
    await site.startEngine();
    return site;
  }

  async startEngine() {
    this.engine = spawn(serverOnPath(), this.args, { stdio: 'ignore' });
    while (!(await answers(this.port))) await sleep(20);
  }

  async crashEngine() {
    const gone = new Promise((resolve) => this.engine.once('exit', resolve));
    this.engine.kill('SIGKILL');
    await gone;
  }

  /** Resolves when the node is ready. */
  async node(args = [], prefix = []) {
    const common = [
      '--queue',
      this.queue,
      '--tasks',
      TASKS,
      '--connection',
      this.url,
      '--kind',
      'thread',
      '--slots',
      '1',
      '--lock-duration',
      '2000',
    ];
    const [program, ...rest] = [...prefix, process.execPath, COMMAND, 'worker', ...common, ...args];
    const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
    const node = { child, exited: new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal))), log: '' };
    child.stderr.setEncoding('utf8').on('data', (text) => {
      node.log += text;
    });
    this.nodes.push(node);
    await new Promise((resolve, reject) => {
      child.stdout.once('data', resolve);
      void node.exited.then((end) => reject(new Error(`the node ended with ${end}: ${node.log}`)));
    });
    return node;
  }

  async connect(options = {}) {
    const runtime = await BullmqRuntime.connect({ connection: this.url, queue: this.queue, tasks: TASKS, ...options });
    this.runtimes.push(runtime);
    return runtime;
  }

  sideFile(name = 'executions') {
    return join(this.folder, name);
  }

  lines(name = 'executions') {
    try {
      return readFileSync(this.sideFile(name), 'utf8').split('\n').filter(Boolean);
    } catch {
      return [];
    }
  }

  async until(holds, ms = 60_000) {
    const end = performance.now() + ms;
    while (!(await holds())) {
      if (performance.now() > end) throw new Error(`this did not hold within ${ms} ms: ${holds}`);
      await sleep(5);
    }
  }

  openQueue() {
    return new Queue(this.queue, { connection: { url: this.url, maxRetriesPerRequest: null } });
  }

  async end() {
    for (const runtime of this.runtimes) await runtime.terminate().catch(() => undefined);
    const keys = await keysOf(this.port);
    for (const { child, exited } of this.nodes) {
      child.kill('SIGKILL');
      await exited;
    }
    await this.crashEngine().catch(() => undefined);
    rmSync(this.folder, { recursive: true, force: true });
    return keys;
  }
}

/** Counts how each future ends: `lost` has no end, `wrong` another value, `settledTwice` two ends. */
export function watch(futures, expectedOf) {
  const ends = new Array(futures.length).fill(0);
  const out = { lost: 0, wrong: 0, settledTwice: 0, failed: 0, codes: {} };
  for (const [i, future] of futures.entries()) future.addDoneCallback(() => (ends[i] += 1));
  return async (deadline = 120_000) => {
    const late = sleep(deadline, 'late', { ref: false });
    await Promise.race([Promise.allSettled(futures), late]);
    for (const [i, future] of futures.entries()) {
      if (ends[i] === 0) out.lost += 1;
      else if (ends[i] > 1) out.settledTwice += 1;
      if (ends[i] === 0) continue;
      const error = await future.exception();
      if (error !== undefined) {
        out.failed += 1;
        out.codes[error.code ?? error.name] = (out.codes[error.code ?? error.name] ?? 0) + 1;
      } else if ((await future.result()) !== expectedOf(i)) out.wrong += 1;
    }
    return out;
  };
}
