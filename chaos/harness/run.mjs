// Provides a run with its options, the folder of its ledger, and the records of broken invariants and figures.
// It checks the invariants of all runs: no uncaught exception, no unhandled rejection, no undeclared warning, no leak at the end.
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { childrenOf, descriptors } from './processes.mjs';
import { randomFrom } from './random.mjs';

/** The number of examples shown for one broken invariant. */
const MOST_SHOWN = 5;
/** How long what a run made may take to go, ms. */
const GRACE = 5000;
/** Handles that a run may not leave; timers and our own output are not among them. */
const HANDLES = new Set(['MessagePort', 'PipeWrap', 'ProcessWrap', 'TCPSocketWrap', 'Worker', 'FSEventWrap']);

export class Run {
  seed;
  /** Few tasks, for the tests. */
  short;
  tasks;
  seconds;
  kind;
  log;
  replay;
  /** Every bound of time is multiplied by it: for slow or shared machines. */
  slack = Number(process.env.TWINPOOL_DELAY_FACTOR ?? 1);
  folder = mkdtempSync(join(tmpdir(), 'twinpool-chaos-'));
  #broken = new Map();
  #figures = [];
  #expectedWarnings = [];
  #begun = performance.now();
  #load = loadavg()[0];
  #before;
  /** Kinds of handles that a run cannot help to leave, with the reason where it says so. */
  tolerated = new Set();

  constructor({ seed, short, tasks, seconds, kind, log, replay }) {
    // Our own output is handles too, made on first use.
    void [process.stdout, process.stderr];
    // Among the other tests it is to find what is broken, not how busy the machine is.
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

  /** An invariant. `ok` false breaks it; the same text is counted. */
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

  /** What is left at the end is counted from here: a run calls it again once everything that a first use makes is there. */
  settledIn() {
    this.#before = { descriptors: descriptors(), handles: handles(), listeners: listeners() };
  }

  /** Nothing of the run is left, after a moment. */
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

  /** Prints it all; true when nothing was broken. */
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

/** How many for each event, but Node's own for a program that awaits at its top level. */
function listeners() {
  const own = (name) => process.listeners(name).filter((listener) => listener.name !== 'handleProcessExit');
  return Object.fromEntries(process.eventNames().map((name) => [String(name), own(name).length]));
}
