/**
 * Makes the surroundings that a worker is started with: its environment, its Node flags, and the directory that it starts in.
 *
 *   process.env,       'inherit' | 'minimal' | own   ->  env
 *   process.execArgv   inherited flags, or own ones  ->  execArgv   + loaders of the NODE_OPTIONS, if the new environment lacks it
 *   start directory    after process.chdir() only    ->  cwd (processes), or absolute names in the flags (threads)
 *
 * Flags of the program itself are left out of `NODE_OPTIONS` (node-flags.ts knows them). Node gives a thread a `NODE_OPTIONS` with flags of the
 * whole process only if it equals the program's, so in that case it stays unchanged. This file starts nothing.
 */
import { existsSync } from 'node:fs';
import process from 'node:process';
import {
  argumentsOf,
  type Flag,
  flagsOf,
  formatNodeOptions,
  isInherited,
  isOfTheProgram,
  loadsModules,
  parseNodeOptions,
  runsElse,
} from '../primitives/node-flags.ts';
import type { PerWorkerOptions } from './options.ts';
import { isFlagOfNode } from './process-flags.ts';
import { fixFlags, fixStrays, startDirectory, workingDirectory } from './start-directory.ts';
import { flagsForThread, nodeOptionsForThread } from './thread-flags.ts';

type Kind = 'process' | 'thread';
type EnvOption = 'inherit' | 'minimal' | Readonly<Record<string, string | undefined>> | undefined;

const MINIMAL = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'TMPDIR',
  'TMP',
  'TEMP',
  'TZ',
  'LANG',
  'LC_ALL',
  'NODE_ENV',
  'SystemRoot',
  'NODE_V8_COVERAGE',
];
/** Variables of this program alone: its channel to its parent, and how it reports to `node --test`. */
const NEVER = new Set(['NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE', 'NODE_UNIQUE_ID', 'NODE_TEST_CONTEXT']);

/** Returns an own variable of `env`, never one of a polluted prototype. */
function variable(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined;
}

/** Returns the environment of a worker: a copy without a prototype and without `undefined` variables. */
export function workerEnvironment(env: EnvOption, own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const source = typeof env === 'object' ? env : own;
  const result = Object.create(null) as NodeJS.ProcessEnv;
  for (const name of env === 'minimal' ? MINIMAL : Object.keys(source)) {
    const value = variable(source, name);
    if (value !== undefined && (source === env || !NEVER.has(name))) result[name] = value;
  }
  return result;
}

export interface WorkerProgram {
  readonly env: NodeJS.ProcessEnv;
  readonly execArgv: readonly string[];
  /** The directory in which a process starts; `undefined` for the working directory of now. */
  readonly cwd: string | undefined;
}

/**
 * Returns the surroundings of a worker. `env`, `execArgv`: the options of those names. `own`: the environment and flags of this program.
 * `only`: what `perWorker` gives to this worker.
 */
export function workerProgram(
  kind: Kind,
  options: { readonly env?: EnvOption; readonly execArgv?: readonly string[] | undefined },
  own: { readonly env: NodeJS.ProcessEnv; readonly execArgv: readonly string[] } = process,
  only: PerWorkerOptions = Object.create(null) as PerWorkerOptions,
): WorkerProgram {
  const env = workerEnvironment(options.env, own.env);
  for (const [name, value] of Object.entries(only.env ?? {})) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
  const added = flagsOf(only.execArgv ?? []);
  const ownFlags = flagsOf(own.execArgv);
  const ownNodeOptions = variable(own.env, 'NODE_OPTIONS');
  const ownOptions = parseNodeOptions(ownNodeOptions ?? '');
  // A smaller environment must keep the loaders that the program and its packages are loaded with (Yarn PnP).
  const loaders = env['NODE_OPTIONS'] === undefined ? ownOptions.filter(loadsModules) : [];
  const given = options.execArgv === undefined ? ownFlags.filter(isInherited) : flagsOf(options.execArgv);
  let flags = [...loaders, ...given, ...added];

  const start = startDirectory([...ownFlags, ...ownOptions]);
  const current = workingDirectory();
  const moved = start !== undefined && current !== undefined && start !== current && existsSync(start) ? start : undefined;
  if (moved !== undefined && current !== undefined && (options.execArgv !== undefined || added.length > 0))
    flags = fixStrays(flags, moved, current);

  const isCopied = ownNodeOptions !== undefined && env['NODE_OPTIONS'] === ownNodeOptions;
  const kept = ownOptions.filter((flag) => !isOfTheProgram(flag));
  if (kind === 'process') {
    if (isCopied && kept.length < ownOptions.length) setNodeOptions(env, kept);
    return { env, execArgv: argumentsOf(flags), cwd: moved };
  }
  if (moved !== undefined) flags = fixFlags(flags, moved);
  if (isCopied) setThreadOptions(env, ownOptions, kept, moved);
  // The flags of the option are checked when the runtime is made.
  return { env, execArgv: argumentsOf(options.execArgv === undefined ? flagsForThread(flags) : flags), cwd: undefined };
}

/** Sets the `NODE_OPTIONS` of a thread. `kept`: the program's own flags without those for the program alone. */
function setThreadOptions(env: NodeJS.ProcessEnv, own: readonly Flag[], kept: readonly Flag[], moved: string | undefined): void {
  const wanted = moved === undefined ? kept : fixFlags(kept, moved);
  const needsFixing = wanted.some((flag, i) => flag !== kept[i]);
  if (!needsFixing && kept.length === own.length) return;
  const accepted = nodeOptionsForThread(wanted);
  if (needsFixing || accepted.length === wanted.length) setNodeOptions(env, accepted);
}

function setNodeOptions(env: NodeJS.ProcessEnv, flags: readonly Flag[]): void {
  if (flags.length === 0) delete env['NODE_OPTIONS'];
  else env['NODE_OPTIONS'] = formatNodeOptions(flags);
}

/** Returns why a kind of worker cannot be started with these options: the path and the message of each fault. */
export function programFaults(
  kind: Kind,
  options: { readonly env?: unknown; readonly execArgv?: unknown; readonly argv?: unknown },
): [string, string][] {
  const faults: [string, string][] = [];
  const { env } = options;
  const execArgv = stringsOf(options.execArgv);
  for (const flag of flagsOf(execArgv)) {
    const [first = ''] = flag.args;
    if (!first.startsWith('-')) faults.push(['execArgv', `'${first}' is not a flag: Node would run it in place of the worker`]);
    else if (runsElse(flag)) faults.push(['execArgv', `with ${first} Node does not run a worker`]);
  }
  if (kind === 'process') {
    for (const [path, strings] of [
      ['execArgv', execArgv],
      ['argv', stringsOf(options.argv)],
    ] as const) {
      if (strings.some(hasNull)) faults.push([path, 'a process cannot be given a null character']);
    }
    for (const [name, value] of entriesOf(env)) {
      if (hasNull(name) || hasNull(value)) faults.push([`env.${name}`, 'a process cannot be given a null character']);
    }
    return faults;
  }
  if (faults.length > 0) return faults;
  for (const flag of refusedBy(flagsForThread, flagsOf(execArgv))) {
    // A flag that Node does not know fails the start of a worker of any kind, with Node's own message.
    if (isFlagOfNode(flag.args)) faults.push(['execArgv', `${flag.args.join(' ')} ${OF_THE_WHOLE_PROCESS}`]);
  }
  const nodeOptions = new Map(entriesOf(env)).get('NODE_OPTIONS');
  if (nodeOptions !== undefined && nodeOptions !== variable(process.env, 'NODE_OPTIONS')) {
    for (const flag of refusedBy(nodeOptionsForThread, parseNodeOptions(nodeOptions))) {
      faults.push(['env.NODE_OPTIONS', `${flag.args.join(' ')} ${OF_THE_WHOLE_PROCESS}`]);
    }
  }
  return faults;
}

const OF_THE_WHOLE_PROCESS = 'is for a whole process, and Node refuses it for a thread: start the program with it, or use processes';

function refusedBy(select: (flags: readonly Flag[]) => readonly Flag[], flags: readonly Flag[]): Flag[] {
  const accepted = new Set(select(flags));
  return flags.filter((flag) => !accepted.has(flag));
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function entriesOf(env: unknown): [string, string][] {
  if (typeof env !== 'object' || env === null) return [];
  return Object.entries(env).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
}

function hasNull(text: string): boolean {
  return text.includes('\0');
}

/** Returns the flags that set memory limits of a process. */
export function memoryFlags(
  limits: { maxOldGenerationSizeMb?: number | undefined; maxYoungGenerationSizeMb?: number | undefined } | undefined,
): string[] {
  const flags: string[] = [];
  if (limits?.maxOldGenerationSizeMb !== undefined) flags.push(`--max-old-space-size=${limits.maxOldGenerationSizeMb}`);
  if (limits?.maxYoungGenerationSizeMb !== undefined) flags.push(`--max-semi-space-size=${limits.maxYoungGenerationSizeMb}`);
  return flags;
}
