// The tasks of jest-worker, with a second name for one of them: the queue orders by names.
import { messageParent } from 'jest-worker';
import { note } from './tasks.mjs';

export * from './tasks.mjs';
export const urgent = note;

export function sendTwice() {
  for (const message of [1, 2]) messageParent(message);
}
