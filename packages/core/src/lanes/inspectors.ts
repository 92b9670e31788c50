/**
 * Prints the addresses of inspectors on standard error, each once, and opens the program's own for worker threads.
 *
 * It does not know workers.
 */
import process from 'node:process';
import type { Inspector } from '../options/resolve-options.ts';

const printed = new Set<number>();
let hasWaited = false;

/** `url`: `undefined` if the inspector could not be opened. A worker that takes the place of another has the same port. */
export function printInspector(what: string, port: number, url: string | undefined): void {
  if (printed.has(port)) return;
  printed.add(port);
  const text = url === undefined ? `cannot listen for a debugger on port ${port}` : `listens for a debugger on ${url}`;
  process.stderr.write(`twinpool: ${what} ${text}\n`);
}

/** The port of the program's own inspector, which has all threads; `undefined` if it cannot be opened. Node prints the address. */
export function openOwnInspector({ port, wait }: Inspector): number | undefined {
  const inspector = process.getBuiltinModule('node:inspector');
  try {
    if (inspector.url() === undefined) inspector.open(port, '127.0.0.1');
    const url = inspector.url();
    if (url === undefined) return undefined;
    if (wait && !hasWaited) inspector.waitForDebugger();
    hasWaited = true;
    return Number(new URL(url).port);
  } catch {
    return undefined;
  }
}
