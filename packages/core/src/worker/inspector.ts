/** Opens the inspector of a worker process, so that a debugger can attach to it. The program prints the address. */
import process from 'node:process';
import { INSPECTED, type InspectorSetup, type Message } from '../wire/messages.ts';

/** Tells the program the address. `wait`: returns when a debugger is attached. */
export function openInspector({ port, wait }: InspectorSetup, send: (message: Message) => void): void {
  const inspector = process.getBuiltinModule('node:inspector');
  let url: string | undefined;
  try {
    inspector.open(port, '127.0.0.1');
    url = inspector.url();
  } catch {
    // The port is taken, or the program runs with --permission: the worker works without.
  }
  send([INSPECTED, url]);
  if (url === undefined) return;
  // Node would wait at the exit until the debugger has detached. The port is free for the worker that follows.
  process.prependListener('exit', () => inspector.close());
  if (wait) inspector.waitForDebugger();
}
