/**
 * Finds what on this machine makes twinpool slow, or makes it fail under load. Each hazard is a sentence that says what to do.
 *
 * This file starts nothing.
 */
import { readFileSync, statfsSync } from 'node:fs';

const MEBIBYTE = 1024 * 1024;
/** Bytes that one worker process needs at least. */
const PER_WORKER = 64 * MEBIBYTE;
/** Open files: those of a program, and those of one worker process. */
const FILES_OF_PROGRAM = 128;
const FILES_PER_WORKER = 8;
/** Bytes. Docker gives a container 64 MiB. */
const LEAST_SHARED = 65 * MEBIBYTE;
/** ms. */
const SLOW_START = 1_000;

export interface Machine {
  readonly workers: number;
  readonly memory: number;
  readonly memoryFileSystem: string | null;
  /** ms. */
  readonly start: { readonly process: number | null; readonly thread: number | null };
  readonly env: NodeJS.ProcessEnv;
  readonly flags: readonly string[];
}

/** What of an engine loses jobs. */
export function hazardsOfEngine(engine: { readonly maxmemoryPolicy: string | null; readonly persistence: string | null }): string[] {
  const hazards: string[] = [];
  const { maxmemoryPolicy, persistence } = engine;
  if (maxmemoryPolicy !== null && maxmemoryPolicy !== 'noeviction')
    hazards.push(`maxmemory-policy ${maxmemoryPolicy}: the engine drops jobs when its memory is full; set noeviction`);
  if (persistence === null) hazards.push('the engine keeps nothing over a restart: open tasks are lost then; set appendonly yes');
  return hazards;
}

export function hazardsOf({ workers, memory, memoryFileSystem, start, env, flags }: Machine): string[] {
  const hazards: string[] = [];
  const files = openFiles();
  if (env['TWINPOOL_INLINE'] === '1')
    hazards.push('TWINPOOL_INLINE=1: tasks run in the thread of their caller; unset it outside of debugging');
  if (flags.some((flag) => /^--(?:experimental-)?permission\b/.test(flag)))
    hazards.push('--permission: exported functions are not found in their module; pass a taskRef or an inline function');
  if (memory < workers * PER_WORKER)
    hazards.push(`${mebibytes(memory)} of memory for ${workers} worker processes: set fewer workers (TWINPOOL_CPU_COUNT), or use threads`);
  if (files < FILES_OF_PROGRAM + workers * FILES_PER_WORKER)
    hazards.push(`at most ${files} open files for ${workers} worker processes: raise the limit (ulimit -n)`);
  if (process.platform === 'linux' && memoryFileSystem === null)
    hazards.push('no memory file system: large buffers travel through pipes; mount /dev/shm as tmpfs');
  if (memoryFileSystem !== null && freeBytes(memoryFileSystem) < LEAST_SHARED)
    hazards.push(
      `${mebibytes(freeBytes(memoryFileSystem))} free in ${memoryFileSystem}: large buffers travel through pipes; docker run --shm-size=1g`,
    );
  for (const [kind, ms] of Object.entries(start))
    if (ms !== null && ms > SLOW_START) hazards.push(`a ${kind} takes ${ms} ms to start: keep pools instead of making one per call`);
  return hazards;
}

export function mebibytes(bytes: number): string {
  return `${Math.round(bytes / MEBIBYTE)} MiB`;
}

function openFiles(): number {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** A memory file system without a limit says that it has no blocks. */
function freeBytes(folder: string): number {
  try {
    const { bavail, blocks, bsize } = statfsSync(folder);
    return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
  } catch {
    return 0;
  }
}
