// User CPU time of this program and its workers: what else the machine does hardly changes it, as it does any time by the clock.
// A worker process is asked by a task, so workers that end before they are asked are not counted.

/** µs by process id. `ask()` runs the task `userTime`; with worker threads, they are part of this process. */
export async function readUserTimes(ask, kind, workers) {
  const times = new Map();
  while (kind === 'process' && times.size < workers) {
    for (const [pid, micros] of await Promise.all(Array.from({ length: workers }, ask))) times.set(pid, micros);
  }
  return times.set(process.pid, process.cpuUsage().user);
}

/** µs from one reading to a later one. What a process that is in the later one only has used counts whole. */
export function userTimeBetween(before, after) {
  let micros = 0;
  for (const [pid, used] of after) micros += used - (before.get(pid) ?? 0);
  return micros;
}
