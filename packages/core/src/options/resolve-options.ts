/**
 * Makes complete, frozen settings from the public options: of workers, of a facade's share of them, and of one call.
 *
 *   RuntimeOptions --> ResolvedWorkers + ResolvedShare          defaults from here
 *   ShareOptions   --> ResolvedShare                            defaults from the share of the runtime, if it is a shared one
 *   CallOptions    --> CallSettings                             defaults from the share of the facade
 *
 * It also checks which options go together, and which ones a kind of worker cannot honour. It does not know single values (schemas.ts), and of
 * facades only that they have a share.
 */
import { existsSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CallSettings } from '../jobs/job.ts';
import { cpuCount } from '../resources/cpu-count.ts';
import type { PreloadModule } from '../tasks/definition/preload-module.ts';
import { checkOptions, type OwnOptions, type ReportIssue } from './check-options.ts';
import { NEEDS_REAL_WORKERS, optionsOfRealWorkers } from './inline-default.ts';
import { MOST_WORKERS } from './most-workers.ts';
import type { CallOptions, ResourceLimits, RuntimeKind, RuntimeOptions, ShareOptions, WorkerKind, WorkerOptions } from './options.ts';
import { resolvePreload } from './preload.ts';
import { areFineForCall } from './quick-checks.ts';
import type * as Schemas from './schemas.ts';
import { programFaults, workerEnvironment } from './worker-environment.ts';

const DEFAULT_KILL_GRACE = 500;
const DEFAULT_START_TIMEOUT = 30_000;
const DEFAULT_FINALIZER_TIMEOUT = 5000;
const DEFAULT_MAX_PAYLOAD_BYTES = 256 * 2 ** 20;
const DEFAULT_BUFFER_LIMIT = 256 * 2 ** 20;
const DEFAULT_RETRIES = 2;
/** Node's own default is one less: the program may have that. */
const DEFAULT_INSPECTOR_PORT = 9230;
const LAST_PORT = 65_535;
const NO_MODULES: readonly PreloadModule[] = [];

/** How the workers of one runtime are started. Times are milliseconds; Infinity means no limit. */
export interface ResolvedWorkers extends WorkerOptions {
  readonly kind: RuntimeKind;
  /** Kind 'inline': it stands in for threads or processes, whose options it ignores. */
  readonly standsIn: boolean;
  readonly size: number;
  /** The number of tasks that one worker runs at the same time. */
  readonly slots: number;
  readonly killGrace: number;
  readonly startTimeout: number;
  readonly finalizerTimeout: number;
  readonly idleTimeout: number;
  readonly minWorkers: number;
  /** The most workers that start at the same time. */
  readonly mostStarting: number;
  readonly maxTasks: number;
  readonly maxPayloadBytes: number;
  readonly namePrefix: string;
  readonly modules: readonly PreloadModule[];
  /** The working directory of processes, as an absolute path; `undefined`: that of this program. */
  readonly directory: string | undefined;
  /** The folder of the files for large buffers, as an absolute path; `undefined`: a memory file system, if there is one; `false`: no files. */
  readonly bufferFolder: string | false | undefined;
  /** Bytes. */
  readonly bufferLimit: number;
  /** Where a debugger attaches; `undefined`: nowhere. */
  readonly inspector: Inspector | undefined;
  /** Before it sleeps, either side polls for the next message for a moment. */
  readonly polls: boolean;
}

export interface Inspector {
  /** The port of the worker with index 0. */
  readonly port: number;
  readonly wait: boolean;
}

/** A facade's share of the workers of a runtime. */
export interface ResolvedShare {
  readonly name: string;
  /** The most workers that it uses at once. */
  readonly maxLanes: number;
  readonly maxQueue: number;
  /** 'nodes': tasks of a lost machine run again, those of a lost worker in a living machine fail. */
  readonly onWorkerLoss: 'fail' | 'retry' | 'break' | 'nodes';
  readonly killGrace: number;
  readonly unobservedErrors: 'warn' | 'ignore';
  /** The settings of a call without options. */
  readonly settings: CallSettings;
}

/** The number of runtimes without a name so far. */
let unnamed = 0;

/** `size`: the number of workers, `undefined` for the default. */
export function resolveWorkers(own: OwnOptions, name: string, kind: RuntimeKind, size: unknown, standsIn = false): ResolvedWorkers {
  const options = own as WorkerOptions & { killGrace?: number; name?: string };
  const cpus = size === undefined ? cpuCount() : cpusOrGuess();
  const inspector = inspectorOf(options.inspect);
  const resolved = {
    kind,
    standsIn,
    // A copy, as `spawn` makes one: later changes of the object do not reach a worker.
    env: typeof options.env === 'object' ? Object.freeze(workerEnvironment(options.env, process.env)) : options.env,
    size: kind === 'inline' ? 1 : ((size as number | undefined) ?? Math.min(cpus, MOST_WORKERS)),
    slots: options.concurrentTasksPerWorker ?? 1,
    killGrace: options.killGrace ?? DEFAULT_KILL_GRACE,
    // A worker that waits at a breakpoint of its start has not failed.
    startTimeout: options.startTimeout ?? (inspector === undefined ? DEFAULT_START_TIMEOUT : Number.POSITIVE_INFINITY),
    inspector,
    // Where there is one CPU, who polls keeps it from the side that would send the message.
    polls: (options.lowLatency ?? true) && cpus > 1,
    finalizerTimeout: options.finalizerTimeout ?? DEFAULT_FINALIZER_TIMEOUT,
    idleTimeout: options.idleTimeout ?? Number.POSITIVE_INFINITY,
    minWorkers: kind === 'inline' ? Math.min(options.minWorkers ?? 0, 1) : (options.minWorkers ?? 0),
    mostStarting: cpus,
    maxTasks: options.maxTasksPerChild ?? Number.POSITIVE_INFINITY,
    maxPayloadBytes: options.maxPayloadBytes ?? DEFAULT_MAX_PAYLOAD_BYTES,
    // An empty prefix counts as absent, as in Python.
    modules: options.preload === undefined ? NO_MODULES : resolvePreload(options.preload, () => undefined),
    directory: options.cwd === undefined ? undefined : pathOf(options.cwd),
    bufferFolder: typeof options.bufferDir === 'string' ? resolve(options.bufferDir) : options.bufferDir,
    bufferLimit: options.bufferLimit ?? DEFAULT_BUFFER_LIMIT,
    namePrefix: options.threadNamePrefix || options.name || `${name}-${unnamed++}`,
  };
  // Without a prototype: an absent option is not read from a polluted Object.prototype.
  return Object.freeze(Object.assign(Object.create(null) as WorkerOptions, options, resolved));
}

/** A bad `TWINPOOL_CPU_COUNT` does not matter where the number of workers is given. */
function cpusOrGuess(): number {
  try {
    return cpuCount();
  } catch {
    return availableParallelism();
  }
}

/** `above`: the share of the runtime, whose settings are the defaults. */
export function resolveShare(own: OwnOptions, name: string, maxLanes: number, above: ResolvedShare | undefined): ResolvedShare {
  const options = own as ShareOptions;
  const onWorkerLoss = options.onWorkerLoss ?? above?.onWorkerLoss ?? 'fail';
  const inheritedRetries = above?.onWorkerLoss === onWorkerLoss ? above.settings.retries : undefined;
  const retries = onWorkerLoss === 'retry' || onWorkerLoss === 'nodes' ? (options.retries ?? inheritedRetries ?? DEFAULT_RETRIES) : 0;
  return Object.freeze({
    name: options.name ?? name,
    maxLanes,
    maxQueue: options.maxQueue ?? above?.maxQueue ?? Number.POSITIVE_INFINITY,
    onWorkerLoss,
    killGrace: options.killGrace ?? above?.killGrace ?? DEFAULT_KILL_GRACE,
    unobservedErrors: options.unobservedErrors ?? above?.unobservedErrors ?? 'warn',
    settings: Object.freeze({
      priority: 0,
      taskTimeout: options.taskTimeout ?? above?.settings.taskTimeout ?? Number.POSITIVE_INFINITY,
      retries,
      signal: undefined,
      onReport: undefined,
      reuseBuffers: options.reuseBuffers ?? above?.settings.reuseBuffers,
      retriesNodesOnly: onWorkerLoss === 'nodes' ? true : undefined,
    }),
  });
}

/** Reports the options that this kind of worker cannot honour, and those that do not go together. `size`: the number of workers as it was given. */
export function checkWorkers(own: OwnOptions, kind: WorkerKind, size: unknown, issue: ReportIssue): void {
  const limits = own['resourceLimits'] as ResourceLimits | undefined;
  if (kind === 'process') {
    if (own['threadNamePrefix'] !== undefined)
      issue('threadNamePrefix', 'names worker threads; processes are named after the option `name`');
    for (const key of ['codeRangeSizeMb', 'stackSizeMb'] as const) {
      if (limits?.[key] !== undefined) issue(`resourceLimits.${key}`, 'worker processes cannot be given this limit; threads can');
    }
    for (const key of ['maxOldGenerationSizeMb', 'maxYoungGenerationSizeMb'] as const) {
      const megabytes = limits?.[key];
      if (typeof megabytes === 'number' && megabytes > 0 && !Number.isSafeInteger(megabytes))
        issue(`resourceLimits.${key}`, `worker processes take whole megabytes, got ${megabytes}; threads take parts`);
    }
    checkPlace(own, issue);
  } else if (kind === 'inline') {
    for (const key of optionsOfRealWorkers(own)) issue(key, NEEDS_REAL_WORKERS);
  } else {
    if (own['stdio'] === 'ignore')
      issue('stdio', "worker threads write to the streams of the program, or with 'pipe' to streams of their own");
    if (own['cwd'] !== undefined) issue('cwd', 'worker threads share the working directory of the program; processes can be given another');
    if (own['execPath'] !== undefined) issue('execPath', 'worker threads run in the program; processes can be given another Node');
    for (const key of ['bufferDir', 'bufferLimit'])
      if (own[key] !== undefined) issue(key, 'worker threads need no files: they share the memory of the program; processes use them');
  }
  const { preload, inspect } = own as WorkerOptions;
  const port = inspectorOf(inspect)?.port;
  const last = Number(port) + (kind === 'process' && typeof size === 'number' ? size - 1 : 0);
  if (typeof port === 'number' && port <= LAST_PORT && last > LAST_PORT)
    issue('inspect.port', `the last of ${String(size)} workers would listen on port ${last}; the last port is ${LAST_PORT}`);
  if (Array.isArray(preload) && preload.every(isPlace)) resolvePreload(preload, (index, message) => issue(`preload.${index}`, message));
  if (kind !== 'inline') for (const [path, message] of programFaults(kind, own)) issue(path, message);
  if (own['initargs'] !== undefined && own['initializer'] === undefined) issue('initargs', 'given without an initializer');
  if (own['finalargs'] !== undefined && own['finalizer'] === undefined) issue('finalargs', 'given without a finalizer');
  const { minWorkers } = own as WorkerOptions;
  if (Number.isInteger(minWorkers) && Number(minWorkers) <= MOST_WORKERS && (size === undefined || typeof size === 'number')) {
    const most = size ?? Math.min(cpuCount(), MOST_WORKERS);
    if (Number(minWorkers) > most) issue('minWorkers', `expected at most the number of workers (${most}), got ${minWorkers}`);
  }
}

/** Reports directories, or a Node, that are not there. */
function checkPlace({ cwd, execPath, bufferDir }: OwnOptions, issue: ReportIssue): void {
  if (isPlace(cwd) && cwd !== '') checkDirectory('cwd', cwd, issue);
  if (typeof bufferDir === 'string' && bufferDir !== '') checkDirectory('bufferDir', bufferDir, issue);
  if (typeof execPath === 'string' && /[\\/]/.test(execPath) && !existsSync(execPath))
    issue('execPath', `expected a program that exists, got ${execPath}`);
}

function checkDirectory(option: string, place: string | URL, issue: ReportIssue): void {
  try {
    if (!statSync(pathOf(place)).isDirectory()) issue(option, `expected a directory, got ${pathOf(place)}, which is a file`);
  } catch {
    issue(option, `expected a directory that exists, got ${String(place)}`);
  }
}

function isPlace(value: unknown): value is string | URL {
  return typeof value === 'string' || value instanceof URL;
}

/** A bad URL throws. */
function pathOf(place: string | URL): string {
  return place instanceof URL ? fileURLToPath(place) : resolve(place);
}

/** Reports `retries` without a policy that uses it. */
export function checkShare(own: OwnOptions, above: ResolvedShare | undefined, issue: ReportIssue): void {
  const policy = own['onWorkerLoss'] ?? above?.onWorkerLoss ?? 'fail';
  if (own['retries'] !== undefined && policy !== 'retry' && policy !== 'nodes') issue('retries', "needs onWorkerLoss: 'retry'");
}

/** Throws OptionsError with every fault. */
export function resolveRuntime(options: RuntimeOptions | undefined): { workers: ResolvedWorkers; share: ResolvedShare } {
  const own = checkOptions(
    'WorkerRuntime',
    options,
    ({ kind, count, worker, share }) => ({ kind, workers: count, ...worker, ...share }),
    (all, issue) => {
      const kind = kindOf(all);
      checkWorkers(all, kind, kind === 'inline' ? 1 : all['workers'], issue);
      checkShare(all, undefined, issue);
      const { workers = 1 } = all;
      if (kind === 'inline' && typeof workers === 'number' && workers > 1)
        issue('workers', `an inline runtime has 1 worker, got ${workers}`);
    },
  );
  const kind = kindOf(own);
  const workers = resolveWorkers(own, 'WorkerRuntime', kind, own['workers']);
  return { workers, share: resolveShare(own, 'WorkerRuntime', workers.size, undefined) };
}

function inspectorOf(option: WorkerOptions['inspect']): Inspector | undefined {
  if (option === undefined || option === false || option === null) return undefined;
  const { port, wait } = Object.assign(Object.create(null), option) as { readonly port?: number; readonly wait?: boolean };
  return { port: port ?? DEFAULT_INSPECTOR_PORT, wait: wait ?? false };
}

function kindOf({ kind }: { readonly kind?: unknown }): WorkerKind {
  return kind === 'thread' || kind === 'inline' ? kind : 'process';
}

/** By the options that a method takes; a method gives the same list each time. */
const callShapes = new WeakMap<readonly string[], Schemas.Shape>();
const NO_NAMES: readonly string[] = [];

function callShape({ call, map }: typeof Schemas, extra: readonly string[], without: readonly string[]): Schemas.Shape {
  const kept = without.length === 0 ? callShapes.get(extra) : undefined;
  if (kept !== undefined) return kept;
  const shape = { ...call };
  for (const name of extra) shape[name] = map[name] as Schemas.Shape[string];
  for (const name of without) delete shape[name];
  if (without.length === 0) callShapes.set(extra, shape);
  return shape;
}

/**
 * Returns the settings of a call: its own options, and for the others those of `base`. `extra`: the names of further options of the method; `without`:
 * options of other calls that the method does not take.
 */
export function resolveCall(
  what: string,
  options: object,
  base: CallSettings,
  extra: readonly string[] = NO_NAMES,
  without: readonly string[] = NO_NAMES,
): { settings: CallSettings; own: OwnOptions } {
  const own = checkOptions(
    what,
    options,
    (schemas) => callShape(schemas, extra, without),
    (all, issue) => {
      if (all['retries'] !== undefined && all['retries'] !== 0 && base.retries === 0)
        issue('retries', "needs onWorkerLoss: 'retry' in the options of the pool, executor or runtime");
    },
    (all) => areFineForCall(all, extra, without),
  );
  return { own, settings: settingsOf(own as CallOptions, base) };
}

/** The settings that were made last, and their base. */
let last: { readonly base: CallSettings; readonly settings: CallSettings } | undefined;

/** Calls with the same numbers share their settings, as a loop of calls does; what belongs to the user is not kept. */
function settingsOf(call: CallOptions, base: CallSettings): CallSettings {
  const priority = call.priority ?? base.priority;
  const taskTimeout = call.taskTimeout ?? base.taskTimeout;
  const retries = call.retries ?? base.retries;
  const signal = call.signal ?? base.signal;
  const onReport = call.onReport ?? base.onReport;
  const isShared = signal === undefined && onReport === undefined;
  if (isShared && last?.base === base) {
    const { settings } = last;
    if (settings.priority === priority && settings.taskTimeout === taskTimeout && settings.retries === retries) return settings;
  }
  const { reuseBuffers, retriesNodesOnly } = base;
  const settings = Object.freeze({ priority, taskTimeout, retries, signal, onReport, reuseBuffers, retriesNodesOnly });
  if (isShared) last = { base, settings };
  return settings;
}
