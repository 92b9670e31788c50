/**
 * Output of a worker thread: what a task prints goes to the other side among the answers, at its place in their order.
 *
 * Node sends it on a channel of its own, one part at a time and the next when the program's event loop has taken the last: what waits is lost
 * when the thread is terminated, and a result may be there before. On our channel all of it lies in the port when the call that
 * prints it returns, and the port is read empty after the thread's end.
 */
import type { Message } from '../wire/messages.ts';
import { OUTPUT } from '../wire/messages.ts';
import { OUTPUTS, redirectOutput } from './output.ts';

/** Resolves when it is so. */
export async function sendOutput(send: (message: Message, transfer?: readonly unknown[]) => void): Promise<void> {
  for (const name of OUTPUTS) {
    await redirectOutput(name, (chunk, encoding, done) => {
      if (typeof chunk === 'string') send([OUTPUT, name, chunk, encoding]);
      else {
        // A copy of these bytes only: the chunk may be a part of a larger buffer, and its owner may write to it again.
        const bytes = Uint8Array.from(chunk);
        send([OUTPUT, name, bytes], [bytes.buffer]);
      }
      done();
    });
  }
}
