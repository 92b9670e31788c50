/**
 * Provides tasks with large buffers: `import { filesHere } from '@twinpool/testkit/buffers'`.
 *
 * They read and change what a worker process has inherited, so they know its descriptors. Workers load this file, so it must not import a test runner.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { context } from '@twinpool/core/worker';
import { mark } from './tasks.ts';

/** The descriptors of the files for large buffers. */
const FROM_PROGRAM = 6;
const TO_PROGRAM = 7;

export interface FilesHere {
  /** Bytes in the file of arguments and in that of results. */
  readonly taken: number;
  readonly given: number;
  /** Names that lead to the files. */
  readonly names: number;
}

/** The files of this worker process; `undefined`: it has none. */
export function filesHere(): FilesHere | undefined {
  const stats = [FROM_PROGRAM, TO_PROGRAM].map((fd) => {
    try {
      return fs.fstatSync(fd);
    } catch {
      return undefined;
    }
  });
  if (!stats.every((stat) => stat?.isFile() === true)) return undefined;
  const [taken, given] = stats as [fs.Stats, fs.Stats];
  return { taken: taken.size, given: given.size, names: taken.nlink + given.nlink };
}

/** Where the files are, as Linux shows a file without a name. */
export function placeOfFiles(): string {
  return fs.readlinkSync(`/proc/self/fd/${FROM_PROGRAM}`);
}

export function makeBytes(length: number, value: number): Buffer {
  return Buffer.alloc(length, value);
}

/** What arrived is unchanged: every byte is `value`. Returns the sizes of the files, too. */
export function lookAt(bytes: Uint8Array, value: number): { isWhole: boolean; files: FilesHere | undefined } {
  return { isWhole: bytes.every((byte) => byte === value), files: filesHere() };
}

/** Reports the value, then returns it. */
export function reportThenReturn<T>(value: T): T {
  context().report(value);
  return value;
}

const kept: Uint8Array[] = [];

/** Keeps its argument, which a task must not do if its memory is used again. Returns the first byte of all that were kept. */
export function keep(bytes: Uint8Array): number[] {
  kept.push(bytes);
  return kept.map((each) => each[0] as number);
}

/** Returns a part of its argument, without a copy. */
export function partOf(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, 4);
}

type Write = typeof fs.writeSync;

/** Replaces `fs.writeSync` for the file of results. */
function onWrite(replacement: (count: number, write: () => number) => number): void {
  const { writeSync } = fs;
  let count = 0;
  fs.writeSync = ((fd: number, ...rest: unknown[]) => {
    const write = () => (writeSync as (...args: unknown[]) => number)(fd, ...rest);
    return fd === TO_PROGRAM ? replacement(count++, write) : write();
  }) as Write;
  syncBuiltinESMExports();
}

/** Is killed while it puts its result into the file, after `pieces` pieces of it. Marks its call. */
export function dieWhileAnswering(gate: string, length: number, pieces: number): Buffer {
  mark(gate, 'dies');
  onWrite((count, write) => {
    if (count === pieces) process.kill(process.pid, 'SIGKILL');
    return write();
  });
  return Buffer.alloc(length, 1);
}

/** The file system refuses its result, from this piece on. */
export function failToAnswer(length: number, pieces: number, code: string): Buffer {
  onWrite((count, write) => {
    if (count >= pieces) throw Object.assign(new Error(code), { code });
    return write();
  });
  return Buffer.alloc(length, 1);
}
