// Reads processes from /proc (Linux only), without any code under test.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Every process of a run has this variable in its environment, with the run's own value. */
export const MARK = 'TWINPOOL_CHAOS_RUN';

function read(file) {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return ''; // the process ended in the meantime
  }
}

function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Returns one letter: R, S, T (stopped), Z (ended, not reaped); undefined if the process does not exist. */
function stateOf(pid) {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2)[0];
}

export function isRunning(pid) {
  const state = stateOf(pid);
  return state !== undefined && !'ZXx'.includes(state);
}

function commandOf(pid) {
  return read(`/proc/${pid}/cmdline`).split('\0').join(' ').trim();
}

export function childrenOf(pid = process.pid) {
  return list(`/proc/${pid}/task`)
    .flatMap((task) => read(`/proc/${pid}/task/${task}/children`).split(' '))
    .filter((text) => text !== '')
    .map(Number)
    .filter(isRunning);
}

/**
 * Returns the child processes that are workers, without the orphan reaper that ends them if this program dies. The command line does not identify
 * a worker, because the name of the worker replaces it.
 */
export function workerProcesses() {
  return childrenOf().filter((pid) => programOf(pid) === process.execPath && !/orphan-reaper/.test(commandOf(pid)));
}

/** Returns the path of the program that the process runs; undefined if the process has ended. */
function programOf(pid) {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return undefined;
  }
}

/** Returns the running processes of the run with this mark, except this process. */
export function markedProcesses(mark) {
  return list('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && read(`/proc/${name}/environ`).includes(`${MARK}=${mark}\0`))
    .map(Number)
    .filter(isRunning)
    .map((pid) => ({ pid, command: commandOf(pid).slice(0, 160) }));
}

/** Returns the targets of the open descriptors of this process. */
export function descriptors() {
  return list('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // the descriptor of the listing itself
    }
  });
}

export function threads() {
  return list('/proc/self/task').length;
}

/** Returns the seconds of processor time of this process. */
export function ownCpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Returns bytes. */
export function residentSet() {
  return process.memoryUsage.rss();
}

/** Returns the most bytes that the process has had in memory so far. */
export function peakOf(pid) {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}
