/**
 * Signals a worker process together with the processes that it has started.
 *
 *   POSIX     a worker leads a process group (process-start.ts), and the group gets the signal
 *   Windows   there are no groups, and a process cannot handle a signal. SIGKILL is `taskkill`, which ends the worker and its descendants.
 *             SIGTERM sends nothing: the end of its input asks the worker to leave. SIGSTOP and SIGCONT send nothing.
 *
 * It does not know why a worker is signalled, and not whether it ends.
 */
import type { SpawnSyncOptions } from 'node:child_process';
import process from 'node:process';

/** 'gone': the process does not exist, or its exit has not been reported yet. 'refused': this program may not signal it. */
export type Delivery = 'sent' | 'gone' | 'refused';

/** Without a prototype: nothing is read from a polluted Object.prototype. */
const OPTIONS: SpawnSyncOptions & { stdio: 'ignore' } = Object.assign(Object.create(null), { stdio: 'ignore', windowsHide: true });

type GroupSignal = 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT';

/** To -1 a signal goes to every process of the machine, to 0 to the sender's own group: no worker has such a number. `atExit`: the event loop does not turn any more. */
export function signalGroup(pid: number, signal: GroupSignal, atExit = false): Delivery {
  if (!Number.isSafeInteger(pid) || pid <= 1) return 'gone';
  if (process.platform !== 'win32') return send(-pid, signal);
  if (signal !== 'SIGKILL') return send(pid, 0);
  return endTree(pid, atExit);
}

/** Ends the process and its descendants. `taskkill` follows the parents, so the process itself must be alive. */
function endTree(pid: number, atExit: boolean): Delivery {
  const args = ['/pid', String(pid), '/t', '/f'];
  const { spawn, spawnSync } = process.getBuiltinModule('node:child_process');
  const endOne = () => send(pid, 'SIGKILL');
  try {
    if (atExit) {
      if (spawnSync('taskkill', args, OPTIONS).status !== 0) return endOne();
    } else {
      const killer = spawn('taskkill', args, OPTIONS);
      // Where `taskkill` cannot do it, at least the worker ends.
      killer.once('error', endOne);
      killer.once('exit', (code) => code !== 0 && endOne());
      killer.unref();
    }
  } catch {
    return endOne();
  }
  return 'sent';
}

function send(pid: number, signal: GroupSignal | 0): Delivery {
  try {
    process.kill(pid, signal);
    return 'sent';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH' ? 'gone' : 'refused';
  }
}
