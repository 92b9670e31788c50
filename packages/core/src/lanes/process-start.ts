/**
 * Starts a process, in a group and session of its own, and brings the three ways in which Node says that it cannot into one.
 *
 * `spawn` throws (no memory), or gives an object without a pid whose error follows (a limit of processes, a missing file), and of that one
 * the streams are absent (no descriptors) or open on nothing, with errors of their own. A caller gets a process that runs, or one call of `failed`.
 */
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import process from 'node:process';
import { afterMicrotasks } from '../primitives/time.ts';

export interface StartedProcess extends ChildProcess {
  readonly pid: number;
}

/** @param failed called once, in a later turn, when the process could not be started. */
export function startProcess(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
  failed: (error: unknown) => void,
): StartedProcess | undefined {
  let child: ChildProcess;
  try {
    // Loaded with the first process: a program of threads has no use for it.
    const { spawn } = process.getBuiltinModule('node:child_process');
    // Without a prototype: nothing is read from a polluted Object.prototype.
    child = spawn(command, args, Object.assign(Object.create(null), { ...options, detached: true, windowsHide: true }));
  } catch (error) {
    afterMicrotasks(() => failed(error));
    return undefined;
  }
  if (child.pid !== undefined) {
    // A signal that cannot be sent is reported here, too; the sender knows.
    child.on('error', () => undefined);
    child.unref();
    return child as StartedProcess;
  }
  child.once('error', failed);
  for (const stream of child.stdio ?? []) stream?.on('error', () => undefined).destroy();
  return undefined;
}
