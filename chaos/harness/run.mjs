// Provides a run with its options, the folder of its ledger, and the records of broken invariants and figures.
// It checks the invariants of all runs: no uncaught exception, no unhandled rejection, no undeclared warning, no leak at the end.
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { childrenOf, descriptors } from './processes.mjs';
import { randomFrom } from './random.mjs';

/** The number of examples shown for one broken invariant. */
const MOST_SHOWN = 5;
/** The ms within which the resources of a run must end. */
const GRACE = 5000;
/** Kinds of handles that a run must not leave. Timers and our own output are allowed. */
const HANDLES = new Set(['MessagePort', 'PipeWrap', 'ProcessWrap', 'TCPSocketWrap', 'Worker', 'FSEventWrap']);

export class Run {
  seed;
  /** The short form with few tasks, for the tests. */
  short;
  tasks;
  seconds;
  kind;
  log;
  replay;
  /** The factor for every time limit, for slow or shared machines. */
  slack = Number(process.env.TWINPOOL_DELAY_FACTOR ?? 1);
  folder = mkdtempSync(join(tmpdir(), 'twinpool-chaos-'));
  #broken = new Map();
  #figures = [];
  #expectedWarnings = [];
  #begun = performance.now();
  #load = loadavg()[0];
  #before;
  /** Kinds of handles that a run leaves in any case. The run gives the reason. */
  tolerated = new Set();

  constructor({ seed, short, tasks, seconds, kind, log, replay }) {
    // Our own output has handles too. They are made on first use.
    void [process.stdout, process.stderr];
    // Among the other tests a run must find broken invariants, not a busy machine.
    if (short) this.slack *= 8;
    Object.assign(this, { seed, short, tasks, seconds, kind, log, replay });
    process.on('uncaughtException', (error) => this.expect(false, `an uncaught exception: ${error?.stack ?? String(error)}`));
    process.on('unhandledRejection', (error) => this.expect(false, `an unhandled rejection: ${error?.stack ?? String(error)}`));
    process.on('warning', (warning) => {
      if (!this.#expectedWarnings.some((pattern) => pattern.test(`${warning.name}: ${warning.message}`))) {
        this.expect(false, `a warning: ${warning.name}: ${warning.message}`);
      }
    });
    this.settledIn();
  }

  random(use = 0) {
    return randomFrom(this.seed + 7919 * use);
  }

  /** ms since the run began. */
  get elapsed() {
    return performance.now() - this.#begun;
  }

  get isOver() {
    return this.seconds !== undefined && this.elapsed > this.seconds * 1000;
  }

  /** Checks an invariant. It is broken if `ok` is false; equal texts are counted. */
  expect(ok, text, detail) {
    if (ok) return;
    const entry = this.#broken.get(text) ?? { count: 0, details: [] };
    entry.count += 1;
    if (detail !== undefined && entry.details.length < MOST_SHOWN) entry.details.push(detail);
    this.#broken.set(text, entry);
  }

  warningsExpected(pattern) {
    this.#expectedWarnings.push(pattern);
  }

  figure(name, value) {
    this.#figures.push([name, typeof value === 'number' ? round(value) : String(value)]);
  }

  /** Stores the resources that exist now; leaks are counted from here. A run calls it again after the first use of everything. */
  settledIn() {
    this.#before = { descriptors: descriptors(), handles: handles(), listeners: listeners() };
  }

  /** Checks that the run has left nothing, within GRACE. */
  async nothingLeft() {
    const before = this.#before;
    let left = [];
    for (const end = performance.now() + GRACE; performance.now() < end; ) {
      left = [];
      const children = childrenOf();
      if (children.length > 0) left.push(`${children.length} child processes`);
      const now = descriptors();
      const known = [...before.descriptors];
      const more = now.filter((target) => {
        const at = known.indexOf(target);
        return at < 0 || known.splice(at, 1).length === 0;
      });
      if (now.length > before.descriptors.length) left.push(`${now.length - before.descriptors.length} descriptors (${more.join(', ')})`);
      for (const [type, count] of Object.entries(handles())) {
        const surplus = count - (before.handles[type] ?? 0);
        if (surplus > 0 && !this.tolerated.has(type)) left.push(`${surplus} ${type}`);
      }
      for (const [name, count] of Object.entries(listeners())) {
        if (count > (before.listeners[name] ?? 0)) left.push(`a listener of the process for '${name}'`);
      }
      if (left.length === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    this.expect(left.length === 0, `left at the end: ${left.join(', ')}`);
    this.figure('left at the end', left.length === 0 ? 'nothing' : left.join(', '));
  }

  async finish() {
    await this.nothingLeft();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Prints figures and broken invariants. Returns true if none was broken. */
  report() {
    this.figure('seconds', this.elapsed / 1000);
    this.figure('load of the machine', `${this.#load.toFixed(1)} before, ${(loadavg()[0] ?? 0).toFixed(1)} after`);
    const width = Math.max(...this.#figures.map(([name]) => name.length));
    for (const [name, value] of this.#figures) console.log(`  ${name.padEnd(width)}  ${value}`);
    for (const [text, { count, details }] of this.#broken) {
      console.log(`BROKEN  ${text}${count > 1 ? ` (${count} times)` : ''}`);
      for (const detail of details) console.log(`          ${detail}`);
    }
    console.log(this.#broken.size === 0 ? 'held' : `broken; seed ${this.seed}`);
    return this.#broken.size === 0;
  }
}

function round(value) {
  return Number.isInteger(value) || Math.abs(value) >= 1000 ? String(Math.round(value)) : value.toPrecision(3);
}

function handles() {
  const counts = {};
  for (const type of process.getActiveResourcesInfo()) if (HANDLES.has(type)) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

/** Returns the number of listeners per event, without Node's own listener for a program that awaits at its top level. */
function listeners() {
  const own = (name) => process.listeners(name).filter((listener) => listener.name !== 'handleProcessExit');
  return Object.fromEntries(process.eventNames().map((name) => [String(name), own(name).length]));
}
