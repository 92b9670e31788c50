/**
 * Sends the output of a worker thread on the port of its answers, at its place in their order.
 *
 * Node sends output on a channel of its own, one part at a time: output that waits is lost when the thread is terminated, and a result may arrive
 * before it. On this port all output is sent when the call that prints it returns, and the lane reads the port empty after the thread's end.
 */
import type { Message } from '../wire/messages.ts';
import { OUTPUT } from '../wire/messages.ts';
import { OUTPUTS, redirectOutput } from './output.ts';

/** Resolves when both streams send this way. */
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
