/**
 * `twinpool doctor`: reports what twinpool sees on this machine, and what may go wrong here.
 *
 *   core: CPUs, memory file system ─┐
 *   Node: memory, flags, loaders    ├─> report ─> text, or one line of JSON
 *   a process and a thread, started ┤
 *   @twinpool/bullmq: the engine  ──┘   (--connection)
 *
 * Exit code: 0, also with hazards; 1 when a worker cannot start or the engine is not reached; 2 for misuse, and for --connection without that package.
 * This file does not know engines: `engineReport(url, { queue })` of `@twinpool/bullmq` does.
 */
import { totalmem } from 'node:os';
import { TwinpoolError, WorkerRuntime } from '@twinpool/core';
import { type CpuDecision, cpuDecision, memoryFolder } from '@twinpool/core/facade';
import { type OptionShapes, readArguments } from './arguments.ts';
import { hazardsOf, hazardsOfEngine, mebibytes } from './doctor-hazards.ts';
import { findPackage } from './find-package.ts';
import { Misuse, messageOf } from './misuse.ts';
import type { Surroundings } from './surroundings.ts';

const SHAPES: OptionShapes = {
  json: {},
  connection: { takes: 'text' },
  queue: { takes: 'text' },
  help: { short: 'h' },
};

export const HELP = `Usage: twinpool doctor [--json] [--connection URL [--queue NAME]]

Reports what twinpool sees on this machine, and starts a worker process and a worker thread to measure how long they take.

  twinpool doctor
  # for a script, or a report of a fault
  twinpool doctor --json
  # the engine of a cluster, too (needs @twinpool/bullmq)
  twinpool doctor --connection redis://127.0.0.1:6379 --queue img

  --json             one line of JSON
  --connection URL   also look at this engine: redis://... or postgres://...
  --queue NAME       and at this queue

Exit code: 0 all workers start, hazards or not; 1 a worker cannot start, or the engine is not reached; 2 misuse.
`;

/** What `@twinpool/bullmq` exports for this command. It rejects when the engine is not reached. */
interface EngineModule {
  readonly engineReport?: (url: string, options: { readonly queue: string | undefined }) => Promise<EngineReport>;
}

interface EngineReport {
  readonly version: string;
  readonly maxmemoryPolicy: string | null;
  readonly persistence: string | null;
  /** ms. */
  readonly roundTrip: number;
  readonly clockSkew: number;
}

interface Report {
  readonly cpus: CpuDecision;
  /** Bytes that this program may use. */
  readonly memory: number;
  readonly node: { readonly version: string; readonly flags: readonly string[] };
  /** ms; `null` where it failed. */
  readonly start: { readonly process: number | null; readonly thread: number | null };
  readonly memoryFileSystem: string | null;
  /** Modules that Node loads first; `null` if there are none. */
  readonly loader: string | null;
  readonly hazards: readonly string[];
  readonly engine?: EngineReport;
}

type Engine = () => Promise<EngineReport>;

export async function runDoctor(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdout, stderr } = surroundings;
  try {
    if (args.some((arg) => arg === '--help' || arg === '-h')) {
      stdout.write(HELP);
      return 0;
    }
    const given = readArguments(args, SHAPES, surroundings.nearest);
    if (given.others.length > 0) throw new Misuse(`expected options only, got '${given.others[0]}'`);
    const engine = await engineOf(given.text('connection'), given.text('queue'), surroundings.cwd());
    const faults: string[] = [];
    const report = await reportOf(surroundings.env, engine, (fault) => faults.push(fault));
    if (report !== undefined) stdout.write(given.has('json') ? `${JSON.stringify(report)}\n` : textOf(report));
    for (const fault of faults) stderr.write(`twinpool doctor: ${fault}\n`);
    return faults.length > 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof Misuse)) throw error;
    stderr.write(`twinpool doctor: ${error.message}\n`);
    return 2;
  }
}

async function engineOf(connection: string | undefined, queue: string | undefined, cwd: string): Promise<Engine | undefined> {
  if (connection === undefined) {
    if (queue !== undefined) throw new Misuse('--queue: expected --connection URL with it');
    return undefined;
  }
  const module = findPackage('@twinpool/bullmq', cwd);
  if (module === undefined)
    throw new Misuse('--connection: the package @twinpool/bullmq is not installed here; npm install @twinpool/bullmq');
  const { engineReport } = (await import(module)) as EngineModule;
  if (engineReport === undefined) throw new Misuse('--connection: this @twinpool/bullmq is too old; npm install @twinpool/bullmq@latest');
  return () => engineReport(connection, { queue });
}

async function reportOf(env: NodeJS.ProcessEnv, engine: Engine | undefined, fail: (fault: string) => void): Promise<Report | undefined> {
  let cpus: CpuDecision;
  try {
    cpus = cpuDecision();
  } catch (error) {
    if (!(error instanceof TwinpoolError)) throw error;
    fail(error.message);
    return undefined;
  }
  const memory = usableMemory();
  const flags = [...process.execArgv, ...(env['NODE_OPTIONS']?.split(/\s+/).filter(Boolean) ?? [])];
  const start = { process: await startOf('process', fail), thread: await startOf('thread', fail) };
  const memoryFileSystem = memoryFolder() || null;
  const hazards = hazardsOf({ workers: cpus.count, memory, memoryFileSystem, start, env, flags });
  const seen = await engine?.().catch((error: unknown) => fail(`the engine was not reached: ${messageOf(error)}`));
  const node = { version: process.versions.node, flags };
  if (typeof seen === 'object') hazards.push(...hazardsOfEngine(seen));
  const report = { cpus, memory, node, start, memoryFileSystem, loader: loaderOf(flags), hazards };
  return typeof seen === 'object' ? { ...report, engine: seen } : report;
}

/** ms until a worker takes tasks; `null` if it does not start. */
async function startOf(kind: 'process' | 'thread', fail: (fault: string) => void): Promise<number | null> {
  const runtime = new WorkerRuntime({ kind, workers: 1, minWorkers: 1, name: 'doctor' });
  const begin = performance.now();
  try {
    await runtime.ready();
    return Math.round((performance.now() - begin) * 10) / 10;
  } catch (error) {
    const { cause } = error as Error;
    fail(`a ${kind} cannot be started: ${messageOf(error)}${cause === undefined ? '' : ` (${messageOf(cause)})`}`);
    return null;
  } finally {
    await runtime.terminate();
  }
}

/** Bytes of the machine, or of the container. Node says 0, or a number without meaning, where there is no limit. */
function usableMemory(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

const LOADER = /^(?:--import|--require|-r|--loader|--experimental-loader)$/;

function loaderOf(flags: readonly string[]): string | null {
  const words = flags.flatMap((flag) => flag.split(/=(.*)/s, 2));
  const found = words.flatMap((word, at) => (LOADER.test(word) && words[at + 1] !== undefined ? [words[at + 1]] : []));
  return found.length === 0 ? null : found.join(', ');
}

function rowsOf({ version, maxmemoryPolicy, persistence, roundTrip, clockSkew }: EngineReport): [string, string][] {
  return [
    ['engine', version],
    ['  when memory is full', maxmemoryPolicy ?? 'nothing is dropped'],
    ['  after a restart', persistence ?? 'nothing is kept'],
    ['  round trip', `${roundTrip} ms`],
    ['  its clock is ahead', `${clockSkew} ms`],
  ];
}

function textOf({ cpus, memory, node, start, memoryFileSystem, loader, hazards, engine }: Report): string {
  const ms = (time: number | null): string => (time === null ? 'failed' : `${time} ms`);
  const rows: [string, string][] = [
    ['CPUs', `${cpus.count} (decided by ${cpus.decidedBy})`],
    ['memory', mebibytes(memory)],
    ['Node.js', [node.version, ...node.flags].join(' ')],
    ['start of a process', ms(start.process)],
    ['start of a thread', ms(start.thread)],
    ['memory file system', memoryFileSystem ?? 'none'],
    ['loader', loader ?? 'none'],
    ...(engine === undefined ? [] : rowsOf(engine)),
    ...(hazards.length === 0 ? [['hazards', 'none'] as [string, string]] : hazards.map((hazard): [string, string] => ['hazard', hazard])),
  ];
  return rows.map(([name, value]) => `${name.padEnd(24)}${value}\n`).join('');
}
