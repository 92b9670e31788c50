// The task functions of all contenders. The worker files of the pools in this folder only register them.
import { writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';

/** The trivial task: the measured time is the cost of the pool alone. */
export function increment(x) {
  return x + 1;
}

/** The trivial task for a chunk of the input, for peers whose users cut the input by hand. */
export function incrementAll(xs) {
  return xs.map(increment);
}

/** A fixed amount of work: a busy machine takes longer for it, and does not do less. */
export function spin(steps) {
  let state = steps | 0;
  for (let i = 0; i < steps; i++) state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  return state;
}

/** Ends its worker, and leaves the time of that, in ms since 1970, in a file. */
export function endAt(path) {
  writeFileSync(path, String(performance.timeOrigin + performance.now()));
  if (isMainThread) process.kill(process.pid, 'SIGKILL');
  process.exit(1);
}

/** Returns the ms that the same work took. */
export function spinFor(steps) {
  const started = performance.now();
  spin(steps);
  return performance.now() - started;
}

/** All tasks of a worker in one message, for a loop that splits them by hand. */
export function spinAll(sizes) {
  return sizes.map(spin);
}

/** Waits `ms`, or computes `steps` if there are any. */
export async function waitOrSpin({ ms, steps }) {
  if (steps > 0) spin(steps);
  else await setTimeout(ms);
  return ms;
}

/** Prices an order of about 10 KB: it reads everything and returns as much. */
export function price(order) {
  return {
    ...order,
    lines: order.lines.map((line) => ({ ...line, total: line.count * line.price })),
  };
}

export function firstByte(bytes) {
  return bytes[0];
}

export function sendBack(bytes) {
  return bytes;
}

const alive = { timer: undefined };

/** The trivial task in a worker with a timer of the user, so that the worker must run its event loop between tasks. */
export function leaveTimer(x) {
  alive.timer ??= setInterval(() => {}, 1_000);
  return x + 1;
}

export function incrementInside(object) {
  return { ...object, x: object.x + 1 };
}

/** Returns the pid of its process and the user CPU time of that process in µs. It waits, so that several calls at once reach several workers. */
export async function userTime() {
  await setTimeout(10);
  return [process.pid, process.cpuUsage().user];
}

export function add(x, y) {
  return x + y;
}

/** Returns the time of the call in ns of the clock of the machine, which is the same in every thread and process. */
export function stamp() {
  return Number(process.hrtime.bigint());
}
