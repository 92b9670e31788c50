/**
 * OutputStreams: what the workers of one runtime print, as two readables of the program (`stdio: 'pipe'`).
 *
 *   a worker prints --push--> readable --read--> the user
 *                       '--MOST_UNREAD bytes wait there: the rest is dropped and counted
 *   the runtime has ended --end--> the readables end once they are read
 *
 * It never makes a worker wait. It does not know workers.
 */
import type { Readable } from 'node:stream';

/** Bytes that wait to be read, for each stream. */
const MOST_UNREAD = 2 ** 20;

export class OutputStreams {
  readonly stdout: Readable = makeReadable();
  readonly stderr: Readable = makeReadable();
  #dropped = 0;

  /** Bytes of both streams. */
  get dropped(): number {
    return this.#dropped;
  }

  push(name: 'stdout' | 'stderr', bytes: Uint8Array): void {
    const stream = this[name];
    const room = stream.destroyed ? 0 : Math.max(0, MOST_UNREAD - stream.readableLength);
    this.#dropped += Math.max(0, bytes.length - room);
    if (room > 0 && bytes.length > 0) stream.push(bytes.length > room ? bytes.subarray(0, room) : bytes);
  }

  end(): void {
    for (const stream of [this.stdout, this.stderr]) if (!stream.destroyed && !stream.readableEnded) stream.push(null);
  }
}

function makeReadable(): Readable {
  // Loaded here, since most programs never come here.
  const { Readable } = process.getBuiltinModule('node:stream');
  return new Readable(Object.assign(Object.create(null), { highWaterMark: MOST_UNREAD, read: () => undefined }));
}
