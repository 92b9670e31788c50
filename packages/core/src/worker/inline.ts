/** Makes the runner of a worker in the calling thread (the other side: lanes/inline-transport.ts). */
import { loadHere } from '../tasks/loading/load-here.ts';
import { InlineOwners } from './inline-owners.ts';
import { Runner } from './runner.ts';
import type { WorkerTransport } from './transport.ts';

export function inlineRunner(transport: WorkerTransport): Runner {
  return new Runner(transport, new InlineOwners(), loadHere);
}
