// Keeps processors busy while a question is measured: starts processes that compute without pause, and ends them.
//
// A busy process ends as well when its standard input ends, so that none outlives a benchmark that was killed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../programs/busy.mjs', import.meta.url));

/** Starts `count` busy processes. Resolves with their ids, and with a function that ends them and resolves after their end. */
export async function startBusy(count) {
  const processes = Array.from({ length: count }, () => spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] }));
  const ends = processes.map((busy) => once(busy, 'close'));
  await Promise.all(processes.map((busy) => once(busy.stdout, 'data')));
  const end = async () => {
    for (const busy of processes) busy.kill('SIGKILL');
    await Promise.all(ends);
  };
  return { pids: processes.map(({ pid }) => pid), end };
}
