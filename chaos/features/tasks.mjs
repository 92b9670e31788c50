// The tasks of all pools. `setup` and `teardown` are what jest-worker calls at the start and the end of a worker.
import { appendFileSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';

export const double = (x) => x * 2;
export const base = (path) => basename(path);
export const identity = () => `${process.pid}.${threadId}`;
export const length = (buffer) => buffer.byteLength;

export async function slow(ms) {
  return await sleep(ms, ms);
}

export function busy(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return ms;
}

export function note({ log, text }) {
  appendFileSync(log, `${text}\n`);
}

/** Ends its worker the first time. */
export function lostOnce(log) {
  if (readFileSync(log, 'utf8') !== '') return 'done';
  appendFileSync(log, 'lost\n');
  process.exit(7);
}

/** Sends two messages. */
export function postTwice(port) {
  for (const message of [1, 2]) port.postMessage(message);
  return 2;
}

let setting;
let noteAtEnd;
export function setup(value) {
  if (value?.log === undefined) setting = value;
  else noteAtEnd = value.log;
}
export const settingOf = () => setting;
export function teardown() {
  if (noteAtEnd !== undefined) appendFileSync(noteAtEnd, 'ended\n');
}
