// Controls the process of a contender: starts it, requests rounds, and ends it together with everything that it started.
//
//   start --ready--> open --round--> open --end--> ended           a time limit or an error: the whole process group is killed
//   start --ready--> stopped --round--> stopped --end--> ended     a contender with `stopsBetween`: SIGSTOP while others measure
//
// It does not know what a contender measures (child.mjs).
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const START_LIMIT = 60_000;
const END_LIMIT = 10_000;
const child = fileURLToPath(new URL('./child.mjs', import.meta.url));
const open = new Set();

process.on('exit', () => {
  for (const remote of open) remote.kill();
});

export class Remote {
  #process;
  #answers;
  #errorOutput = '';
  #ended;
  #stopsBetween;

  /**
   * A contender is a function in the module of the question, or a command that uses the same protocol. A function with the property `stopsBetween` uses
   * the processor for a while after its last task, and would disturb the next contender.
   */
  static async start(question, name, node = process.execPath) {
    const contender = question.contenders[name];
    const [command, ...args] =
      typeof contender === 'function' ? [node, ...(question.nodeOptions ?? []), child, question.name, name] : contender.command;
    const remote = new Remote(command, args, contender.stopsBetween === true);
    await remote.#answer(START_LIMIT);
    remote.#stop();
    return remote;
  }

  constructor(command, args, stopsBetween) {
    this.#stopsBetween = stopsBetween;
    this.#process = spawn(command, args, { stdio: ['pipe', 'ignore', 'pipe', 'pipe'], detached: true });
    this.#ended = new Promise((resolve) => {
      this.#process.on('error', resolve).on('close', resolve);
    });
    this.#process.stdin.on('error', () => {});
    this.#process.stderr.setEncoding('utf8').on('data', (text) => {
      this.#errorOutput = (this.#errorOutput + text).slice(-2_000);
    });
    this.#answers = createInterface({ input: this.#process.stdio[3] })[Symbol.asyncIterator]();
    open.add(this);
  }

  /** `order`: 'warm' or 'round'. Resolves with the metrics of the round. Rejects after the process was killed. */
  async round(order, limit) {
    this.#continue();
    this.#process.stdin.write(`${order}\n`);
    const { metrics } = await this.#answer(limit);
    this.#stop();
    return metrics;
  }

  async #answer(limit) {
    let timer;
    const overrun = new Promise((resolve) => {
      timer = setTimeout(resolve, limit, { value: JSON.stringify({ error: `no answer within ${limit / 1000} s` }) });
    });
    const { value } = await Promise.race([this.#answers.next(), overrun]);
    clearTimeout(timer);
    const message = value === undefined ? { error: `ended without an answer\n${this.#errorOutput}` } : JSON.parse(value);
    if (message.error === undefined) return message;
    this.kill();
    throw new Error(message.error);
  }

  #stop() {
    if (this.#stopsBetween) this.#signal('SIGSTOP');
  }

  #continue() {
    if (this.#stopsBetween) this.#signal('SIGCONT');
  }

  async end() {
    this.#continue();
    this.#process.stdin.end();
    const timer = setTimeout(() => this.kill(), END_LIMIT);
    await this.#ended;
    clearTimeout(timer);
    this.kill();
  }

  /** Kills the process group: workers that outlive their pool would disturb the next measurement. */
  kill() {
    open.delete(this);
    this.#signal('SIGKILL');
  }

  /** Signals the process group. */
  #signal(signal) {
    if (this.#process.pid === undefined) return;
    try {
      process.kill(-this.#process.pid, signal);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
}
