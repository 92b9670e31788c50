// The functions every contender runs, each in its own way of naming them. The pools' worker files beside this one only register them.
import { setTimeout } from 'node:timers/promises';

/** The trivial task: all that is measured is what the pool adds. */
export function increment(x) {
  return x + 1;
}

/** The trivial task over a piece of the input, for peers whose user cuts the input by hand. */
export function incrementAll(xs) {
  return xs.map(increment);
}

/** Work by amount, not by the clock: a busy machine makes it slower, never smaller. */
export function spin(steps) {
  let state = steps | 0;
  for (let i = 0; i < steps; i++) state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  return state;
}

/** An order of about 10 KB, priced: read everything, return as much. */
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

/** The trivial task in a worker that has something of its own alive, so that it cannot just wait for the next task. */
export function leaveTimer(x) {
  alive.timer ??= setInterval(() => {}, 1_000);
  return x + 1;
}

export function incrementInside(object) {
  return { ...object, x: object.x + 1 };
}

/** The process that it runs in, and the user CPU time of that, µs. It waits, so that several at once are given to as many workers. */
export async function userTime() {
  await setTimeout(10);
  return [process.pid, process.cpuUsage().user];
}

export function add(x, y) {
  return x + y;
}

/** The moment at which it was called, in ns of the machine's own clock: the same in every thread and process. */
export function stamp() {
  return Number(process.hrtime.bigint());
}
