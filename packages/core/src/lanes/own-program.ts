/**
 * Says how a program of this package (worker-program.ts) is started as a process: mostly by Node and its file. A single executable is its own Node, and
 * would run the user's program again.
 *
 *   Node                       execPath [flags] FILE
 *   Node, in a bundle          execPath [flags] -e SCRIPT      the script reads the program's text from descriptor 3
 *   Electron                   as Node, with ELECTRON_RUN_AS_NODE; files in an asar archive count as a bundle
 *   `bun build --compile`      as a bundle, with BUN_BE_BUN
 *   Node's single executable   execPath SWITCH                 `pack` of @twinpool/unplugin has made its script, which knows the switch and reads
 *                                                              descriptor 3 before it runs anything else; flags go into NODE_OPTIONS
 *
 * Invariant: a process that would run the user's program again is not started.
 */
import process from 'node:process';
import { getEnvironmentData } from 'node:worker_threads';
import { flagsOf, formatNodeOptions } from '../primitives/node-flags.ts';
import { type Program, startFromDescriptor } from './worker-program.ts';

export const WORKER_SWITCH = '--twinpool-worker';

/** Set by the script of an executable that knows the switch. */
const KEY = '@twinpool/core/executable';

export interface OwnProgram {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** What to write to descriptor 3 before anything else. */
  readonly text: string | undefined;
}

export interface HowToStart {
  /** The program that runs it; another one than this program's is a Node. */
  readonly execPath: string;
  readonly flags: readonly string[];
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Throws in a single executable that would run the user's program again. */
export function ownProgram({ file, text }: Program, { execPath, flags, args, env }: HowToStart): OwnProgram {
  const isOwn = execPath === process.execPath;
  if (isOwn && isSingleExecutable()) {
    if (!knowsSwitch()) {
      throw new Error(
        'this single executable would run the program again in place of a worker process: build it as docs/building.md says ' +
          '(`pack` of `@twinpool/unplugin/executable`), or use threads',
      );
    }
    const options = [env['NODE_OPTIONS'], formatNodeOptions(flagsOf(flags))].filter(Boolean).join(' ');
    return { args: [WORKER_SWITCH, ...args], env: options === '' ? env : { ...env, NODE_OPTIONS: options }, text: text() };
  }
  const isElectron = process.versions['electron'] !== undefined;
  const own = !isOwn ? env : isElectron ? { ...env, ELECTRON_RUN_AS_NODE: '1' } : isCompiledByBun() ? { ...env, BUN_BE_BUN: '1' } : env;
  return file === undefined
    ? { args: [...flags, '-e', startFromDescriptor(), '--', ...args], env: own, text: text() }
    : { args: [...flags, file, ...args], env: own, text: undefined };
}

/** Whether Node is built into this program. */
export function isSingleExecutable(): boolean {
  try {
    const sea = process.getBuiltinModule('node:sea') as { isSea?(): boolean } | undefined;
    return sea?.isSea?.() === true;
  } catch {
    return false;
  }
}

function knowsSwitch(): boolean {
  return Reflect.get(globalThis, Symbol.for(KEY)) === true || getEnvironmentData(KEY) === true;
}

function isCompiledByBun(): boolean {
  if (process.versions['bun'] === undefined) return false;
  const { main } = (globalThis as { Bun?: { readonly main?: unknown } }).Bun ?? {};
  return knowsSwitch() || /^(?:\/\$bunfs\/|[A-Z]:[\\/]~BUN)/.test(String(main));
}
