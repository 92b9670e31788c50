// Measures the user CPU time of this program and its workers. Other load on the machine changes it much less than wall time.
// A task reads the time of a worker process, so a worker that ends earlier is not counted.

/** Returns µs by process id. `ask()` runs the task `userTime`. The time of worker threads is part of this process. */
export async function readUserTimes(ask, kind, workers) {
  const times = new Map();
  while (kind === 'process' && times.size < workers) {
    for (const [pid, micros] of await Promise.all(Array.from({ length: workers }, ask))) times.set(pid, micros);
  }
  return times.set(process.pid, process.cpuUsage().user);
}

/** Returns the µs between two readings. A process that is only in the later reading counts completely. */
export function userTimeBetween(before, after) {
  let micros = 0;
  for (const [pid, used] of after) micros += used - (before.get(pid) ?? 0);
  return micros;
}
