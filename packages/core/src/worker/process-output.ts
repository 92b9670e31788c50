/**
 * Writes the output of a worker process so that all of it is in the pipe when the call that prints it returns.
 *
 * Node writes what does not fit into a pipe in a later turn of the event loop. By then the process may wait in a blocking read, or may have ended. So a
 * write to a full pipe waits, as in Python: a slow reader slows down the tasks that print, and loses nothing.
 *
 * The program and its other workers use the same pipe in non-blocking mode. So this file sleeps and tries again instead of switching the mode.
 */
import { fstatSync, writeSync } from 'node:fs';
import process from 'node:process';
import { OUTPUTS, type OutputName, redirectOutput } from './output.ts';

/** ms between two tries while the pipe is full: doubled from the first to the longest. Longer: less processor time. Shorter: faster readers. */
const FIRST_PAUSE = 0.1;
const LONGEST_PAUSE = 10;

// Captured: a task may replace what it finds on the global object.
const { wait } = Atomics;

/** Resolves when both streams write this way. */
export async function writeOutputAtOnce(): Promise<void> {
  // On Windows, Node makes these pipes blocking.
  if (process.platform === 'win32') return;
  for (const name of OUTPUTS) {
    const { fd } = process[name];
    if (!isPipe(fd)) continue;
    await redirectOutput(name, (chunk, encoding, done) => {
      try {
        writeAll(fd, typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
      } catch (error) {
        // The reader has closed the pipe. This must not end a worker that prints, unless the task listens for the error.
        done(isHeard(name) ? (error as Error) : undefined);
        return;
      }
      done();
    });
  }
}

function isPipe(fd: number): boolean {
  try {
    // With `bigint`, since plain numbers go into an array of Node's that `realpathSync` reads later: on Node 20 and 22 it then takes every folder
    // for a pipe and leaves symbolic links as they are, and packages that pnpm has installed are not found.
    const stat = fstatSync(fd, { bigint: true });
    return stat.isFIFO() || stat.isSocket();
  } catch {
    return false;
  }
}

function isHeard(name: OutputName): boolean {
  return process[name].listenerCount('error') > 0;
}

function writeAll(fd: number, bytes: Uint8Array): void {
  let pause = FIRST_PAUSE;
  for (let at = 0; at < bytes.length; ) {
    const written = writeSome(fd, bytes, at);
    at += written;
    if (written > 0) pause = FIRST_PAUSE;
    else {
      sleep(pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    }
  }
}

/** Bytes written; 0 while the pipe is full. */
function writeSome(fd: number, bytes: Uint8Array, at: number): number {
  try {
    return writeSync(fd, bytes, at, bytes.length - at);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAGAIN' || code === 'EINTR') return 0;
    throw error;
  }
}

let cell: Int32Array | undefined;

function sleep(ms: number): void {
  cell ??= new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  wait(cell, 0, 0, ms);
}
