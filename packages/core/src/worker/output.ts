/**
 * Replaces the way in which a worker's `process.stdout` and `process.stderr` write.
 *
 * Output of a task must not be lost with its worker, and must not arrive after the task's result. So a worker buffers no output: a write has left the
 * worker when the call returns. process-output.ts and thread-output.ts define where it goes.
 */
import process from 'node:process';
import { Writable } from 'node:stream';

export type OutputName = 'stdout' | 'stderr';

/** Writes the whole chunk before it returns, and calls `done`. */
export type Write = (chunk: string | Uint8Array, encoding: BufferEncoding, done: (error?: Error | null) => void) => void;

export const OUTPUTS: readonly OutputName[] = ['stdout', 'stderr'];

/** Resolves when the stream uses `write`. Earlier output of a preload is written first, in Node's way. */
export async function redirectOutput(name: OutputName, write: Write): Promise<void> {
  const stream: Writable = process[name];
  while (stream.writableLength > 0) await new Promise<void>((resolve) => stream.write('', () => resolve()));
  // `_write` is the documented hook of a writable stream. A corked stream would hold the output back, until after the task's result.
  Object.assign(stream, { _write: write, _writev: undefined, cork: nothing, uncork: nothing });
  while (stream.writableCorked > 0) Writable.prototype.uncork.call(stream);
}

const nothing = (): void => undefined;
