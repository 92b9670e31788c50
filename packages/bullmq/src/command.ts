/**
 * `twinpool worker`: a node of a cluster, as a command.
 *
 *   read flags --misuse--> 2      list the tasks --module cannot be loaded--> 3      reach the engine --not within --connect-timeout--> 4
 *   ready line -> serve -> SIGTERM or SIGINT -> drain --all ended--> 0     --handed back--> 75        second signal --> 137
 *
 * Standard output gets the ready line alone (and with `--log json` no other line); logs and what tasks print go to standard error. It does not know how a
 * job is run.
 */
import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import { hostname } from 'node:os';
import type { Readable } from 'node:stream';
import { TaskModuleError } from '@twinpool/core';
import { urlOf } from './client/task-names.ts';
import { Engine, LAST_WORDS } from './engine.ts';
import { ClusterNode } from './node/cluster-node.ts';
import { Misuse, readCommand, type WorkerCommandOptions } from './node/command-options.ts';
import { serveHealth } from './node/health.ts';
import { TaskMap } from './node/local-workers.ts';
import { Sessions } from './node/sessions.ts';
import { taskNamesOf } from './node/task-list.ts';

/** The parts of the process that the command uses. */
export interface Surroundings {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

const MISUSE = 2;
const NO_TASKS = 3;
const NO_ENGINE = 4;
const HANDED_BACK = 75;
const ENDED_BY_SECOND_SIGNAL = 137;
/** Bytes of one value; the client's `maxPayload` bounds what comes. */
const MOST_BYTES = 256 * 2 ** 20;

const HELP = `Usage: twinpool worker --queue NAME --tasks FILE [options]

Runs the tasks of a queue on this machine, until SIGTERM. FILE exports the functions; programs use the same module.

  --connection URL        the engine: redis://, rediss:// or postgres:// (default redis://127.0.0.1:6379)
  --kind process|thread   what the workers are (default process)
  --slots N               workers (default: the CPUs that this process may use)
  --concurrent-tasks N    asynchronous tasks at once in each worker (default 1)
  --secret-file FILE      a secret that clients have too: jobs and results are signed
  --prefix P              begins the keys of BullMQ in Redis (default bull)
  --health HOST:PORT      serves /healthz, /readyz and /metrics
  --connect-timeout MS    for the first answer of the engine (default 10000)
  --drain-timeout MS      for running tasks after SIGTERM; what is left is handed back (default 30000)
  --lock-duration MS      after which a job of a lost node is free again; at most twice that (default 5000)
  --log text|json         how to log, on standard error (default text)
  --no-migrate            leaves the schema of PostgreSQL as it is
  --check                 loads the tasks, reaches the engine, and exits

Exit status: 0 drained; 2 misuse; 3 the tasks cannot be loaded; 4 the engine was not reached; 75 work was handed back; 137 second signal.

  twinpool worker --queue img --tasks ./tasks.js --slots 4
  twinpool worker --queue img --tasks ./tasks.ts --connection rediss://user:password@cache:6380 --secret-file /run/secrets/twinpool
  twinpool worker --queue img --tasks ./tasks.js --health 0.0.0.0:8080 --log json
`;

/** Runs the command with the arguments after its name; resolves with the exit code. */
export async function run(args: readonly string[], { stdout, stderr }: Surroundings): Promise<number> {
  let options: WorkerCommandOptions | 'help';
  try {
    options = readCommand(args);
  } catch (error) {
    if (!(error instanceof Misuse)) throw error;
    stderr.write(`twinpool worker: ${error.message}\n\n${HELP}`);
    return MISUSE;
  }
  if (options === 'help') {
    stdout.write(HELP);
    return 0;
  }
  return serve(options, stdout, stderr);
}

async function serve(options: WorkerCommandOptions, stdout: Surroundings['stdout'], stderr: Surroundings['stderr']): Promise<number> {
  const log = loggerOf(options.log, stderr);
  const url = urlOf(options.tasks);
  const state: { node: ClusterNode | undefined } = { node: undefined };
  let health: Server | undefined;
  if (options.health !== undefined) {
    const source = {
      slots: options.slots * options.concurrentTasks,
      get counts() {
        return state.node?.counts ?? { running: 0, settled: 0, refused: 0, lockLosses: 0 };
      },
      isReady: async () => state.node !== undefined && !state.node.isDraining && (await state.node.isReached()),
    };
    try {
      health = await serveHealth(options.health, source);
    } catch (error) {
      stderr.write(`twinpool worker: --health: ${(error as Error).message}\n`);
      return MISUSE;
    }
  }
  const signals = new Signals();
  try {
    return await runNode(options, url, state, log, stdout, signals);
  } catch (error) {
    log('failed', { message: (error as Error).message });
    return error instanceof TaskModuleError ? NO_TASKS : NO_ENGINE;
  } finally {
    signals.stop();
    health?.close();
    health?.closeAllConnections();
  }
}

async function runNode(
  options: WorkerCommandOptions,
  url: string,
  state: { node: ClusterNode | undefined },
  log: Log,
  stdout: Surroundings['stdout'],
  signals: Signals,
): Promise<number> {
  const { queue, connection, prefix, migrates, kind, slots, concurrentTasks, secret, lockDuration } = options;
  const names = await taskNamesOf(url, kind);
  const engine = new Engine({ connection, queue, prefix, migrates });
  try {
    await engine.reached(options.connectTimeout);
  } catch (error) {
    await engine.close();
    throw error;
  }
  if (options.check) {
    await engine.close();
    log('checked', { tasks: [...names] });
    return 0;
  }
  const tasks = new TaskMap(url, names);
  const local = { url, names, kind, workers: slots, concurrentTasks, maxPayloadBytes: MOST_BYTES };
  const sessions = new Sessions(local, tasks, ({ output }) => {
    copyOutput(output?.stdout, 'stdout', options.log, log);
    copyOutput(output?.stderr, 'stderr', options.log, log);
  });
  const id = `${hostname().replace(/[^\w-]/g, '-')}-${process.pid}-${randomBytes(3).toString('hex')}`;
  const all = slots * concurrentTasks;
  const node = new ClusterNode(engine, { id, queue, slots: all, secret, lockDuration, maxPayloadBytes: MOST_BYTES, tasks, sessions, log });
  try {
    await node.start();
  } catch (error) {
    await node.abandon();
    throw error;
  }
  state.node = node;
  stdout.write(`${JSON.stringify({ ready: true, queue, slots: all, tasks: [...names] })}\n`);
  const signal = await signals.first;
  log('draining', { signal });
  const handedBack = await node.drain(options.drainTimeout);
  log('ended', { handedBack });
  const code = handedBack > 0 ? HANDED_BACK : 0;
  // Only while something is still open: BullMQ waits without end for an engine that is away.
  setTimeout(() => process.exit(code), LAST_WORDS).unref();
  return code;
}

/** SIGTERM and SIGINT: the first drains, the second ends the program. */
class Signals {
  readonly first: Promise<string>;
  #resolve!: (signal: string) => void;
  #count = 0;
  readonly #listener = (signal: string) => {
    this.#count += 1;
    if (this.#count === 1) this.#resolve(signal);
    else process.exit(ENDED_BY_SECOND_SIGNAL);
  };

  constructor() {
    this.first = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    process.on('SIGTERM', this.#listener);
    process.on('SIGINT', this.#listener);
  }

  stop(): void {
    process.off('SIGTERM', this.#listener);
    process.off('SIGINT', this.#listener);
  }
}

type Log = (event: string, fields?: Record<string, unknown>) => void;

function loggerOf(form: 'text' | 'json', stderr: Surroundings['stderr']): Log {
  if (form === 'json')
    return (event, fields) => void stderr.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`);
  return (event, fields = {}) => {
    const text = Object.entries(fields).map(([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
    stderr.write(`twinpool worker: ${event}${text.join('')}\n`);
  };
}

/** What tasks print goes to standard error; with JSON logs each line is an object. */
function copyOutput(from: Readable | undefined, stream: 'stdout' | 'stderr', form: 'text' | 'json', log: Log): void {
  if (from === undefined) return;
  if (form === 'text') {
    from.on('data', (data: Buffer) => process.stderr.write(data));
    return;
  }
  let rest = '';
  from.setEncoding('utf8');
  from.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) log('output', { stream, line });
  });
  from.on('end', () => rest !== '' && log('output', { stream, line: rest }));
}
