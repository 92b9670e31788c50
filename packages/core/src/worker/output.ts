/**
 * Replaces how a worker's `process.stdout` and `process.stderr` hand on what is written to them.
 *
 * What a task printed must not be lost with its worker, and must not come after its result. So neither kind of worker keeps output back: a
 * write has left this worker when the call returns. Where it goes is the kind's own: process-output.ts, thread-output.ts.
 */
import process from 'node:process';
import type { Writable } from 'node:stream';

export type OutputName = 'stdout' | 'stderr';

/** Takes all of the chunk before it returns, and calls `done`. */
export type Write = (chunk: string | Uint8Array, encoding: BufferEncoding, done: (error?: Error | null) => void) => void;

export const OUTPUTS: readonly OutputName[] = ['stdout', 'stderr'];

/** Resolves when the stream writes this way; what a preload printed earlier goes first, the way of that time. */
export async function redirectOutput(name: OutputName, write: Write): Promise<void> {
  const stream: Writable = process[name];
  while (stream.writableLength > 0) await new Promise<void>((resolve) => stream.write('', () => resolve()));
  // `_write` is what implementers of a stream define; without a `_writev` it is called for each chunk of a corked stream, too.
  Object.assign(stream, { _write: write, _writev: undefined });
}
