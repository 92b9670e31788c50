// What the operating system says of processes, past everything under test. Linux: it reads /proc.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Every process of a run has this variable in its environment, with the run's own value. */
export const MARK = 'TWINPOOL_CHAOS_RUN';

function read(file) {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return ''; // it ended between the listing and the look
  }
}

function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** One letter: R, S, T (stopped), Z (ended, not waited for); undefined when it is gone. */
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

/** Children of this process that are worker processes: not the shell that ends them when we die. */
export function workerProcesses() {
  return childrenOf().filter((pid) => /worker\/process\.js/.test(commandOf(pid)));
}

/** Running processes of the run with this mark, the asker not among them. */
export function markedProcesses(mark) {
  return list('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && read(`/proc/${name}/environ`).includes(`${MARK}=${mark}\0`))
    .map(Number)
    .filter(isRunning)
    .map((pid) => ({ pid, command: commandOf(pid).slice(0, 160) }));
}

/** What the open descriptors of this process lead to, one entry each. */
export function descriptors() {
  return list('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // the one that the listing itself was read through
    }
  });
}

export function threads() {
  return list('/proc/self/task').length;
}

/** Seconds of processor time that this process itself has had. */
export function ownCpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Bytes. */
export function residentSet() {
  return process.memoryUsage.rss();
}

/** Most bytes that any process of these has had in memory so far. */
export function peakOf(pid) {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}
