/**
 * Hands on what a worker thread printed to the program's own output, and holds the messages behind it back until that was taken.
 *
 * When the caller sees a result, what the task printed before is in the pipe: `process.exit()` of the program right then loses nothing, as it
 * loses nothing of a worker process, which waits itself (worker/process-output.ts). Files and terminals take all at once; so does a
 * pipe that is not full, and then nothing is held.
 *
 *   message -> given at once --> [barrier of what was printed] message message [barrier] ... -> each given when all barriers before it have gone
 *
 * Knows nothing of what the messages say.
 */
import process from 'node:process';
import type { Writable } from 'node:stream';

interface Barrier {
  isPassed: boolean;
}

export class OutputGate {
  readonly #held: (Barrier | (() => void))[] = [];

  /** Whether a message may be given at once. */
  get isOpen(): boolean {
    return this.#held.length === 0;
  }

  /** Calls it after everything that is held now: at once where nothing is. */
  afterHeld(give: () => void): void {
    this.#held.push(give);
    this.#advance();
  }

  print(name: 'stdout' | 'stderr', chunk: string | Uint8Array, encoding: BufferEncoding | undefined): void {
    const stream = process[name];
    // Printed as the program's own output is: a replaced `write` that captures it receives this output too.
    stream.write(chunk as string, encoding, (error) => silence(stream, error));
    if (!(stream.writableLength > 0 && stream.writable)) return;
    const barrier = { isPassed: false };
    this.#held.push(barrier);
    // A replaced `write` might not call back. Loaded here, since most programs never come here.
    const { Writable } = process.getBuiltinModule('node:stream');
    Writable.prototype.write.call(stream, '', 'utf8', (error) => {
      silence(stream, error);
      barrier.isPassed = true;
      this.#advance();
    });
  }

  /** Delivers all held messages without waiting for the reader any longer. */
  open(): void {
    for (const item of this.#held) if (typeof item !== 'function') item.isPassed = true;
    this.#advance();
  }

  #advance(): void {
    const held = this.#held;
    for (let item = held[0]; item !== undefined; item = held[0]) {
      if (typeof item !== 'function' && !item.isPassed) return;
      held.shift();
      if (typeof item === 'function') item();
    }
  }
}

/**
 * The reader has gone: as with `console.log`, that must not end the program. This also holds with other listeners: Node itself has one for each thread, and
 * passes the error on.
 */
function silence(stream: Writable, error: Error | null | undefined): void {
  if (error && !stream.listeners('error').includes(ignore)) stream.once('error', ignore);
}

function ignore(): void {}
