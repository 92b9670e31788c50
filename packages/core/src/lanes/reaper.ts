/**
 * Ends worker processes when this program dies, whatever way it dies.
 *
 * Decides nothing else. A child in a synchronous loop does not notice that its parent is gone, and a stopped one cannot; so a `/bin/sh`
 * in a session of its own reads pids from a pipe, and when the pipe ends because we are gone it kills their groups. One for the
 * whole program, there only while there are children. At an ordinary exit the 'exit' hook is faster.
 */
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

const SHELL = '/bin/sh';
/** Reads "+pid" and "-pid" lines; at the end of input kills every group that is left. */
const SCRIPT = `
pids=' '
while read -r line; do
  pid=\${line#?}
  case "$line" in
    +*) pids="$pids$pid " ;;
    -*) case "$pids" in *" $pid "*) pids="\${pids%% $pid *} \${pids#* $pid }" ;; esac ;;
  esac
done
for pid in $pids; do kill -KILL "-$pid" 2>/dev/null; done
`;

const alive = new Set<number>();
let reaper: ChildProcess | undefined;

/** From now on the process, and what is in its group, dies with this program. Returns a function that ends the watch. */
export function reap(pid: number): () => void {
  if (alive.size === 0) process.on('exit', killAll);
  alive.add(pid);
  if (reaper === undefined) startReaper();
  else tell(`+${pid}`);
  return () => {
    if (!alive.delete(pid)) return;
    tell(`-${pid}`);
    if (alive.size > 0) return;
    process.off('exit', killAll);
    reaper?.stdin?.end();
    reaper = undefined;
  };
}

function tell(line: string): void {
  reaper?.stdin?.write(`${line}\n`);
}

function startReaper(): void {
  if (!existsSync(SHELL)) return;
  const { spawn } = createRequire(import.meta.url)('node:child_process') as typeof import('node:child_process');
  const child = spawn(SHELL, ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], env: {} });
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.on('exit', () => {
    // Killed by somebody: the next child starts another.
    if (reaper === child) reaper = undefined;
  });
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  reaper = child;
  // Also those that an earlier one watched, if somebody killed it.
  for (const pid of alive) tell(`+${pid}`);
}

function killAll(): void {
  for (const pid of alive) {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It is gone already.
    }
  }
}
