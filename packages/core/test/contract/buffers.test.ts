/**
 * Tests large buffers to and from worker processes: they travel through files without a name, arrive as they would in a message, and fall back to messages
 * where the files cannot be used.
 *
 *   argument  program --file--> worker        the worker tells how many bytes its files have: 0 means that the buffer came in its message
 *   result    worker --file--> program
 */
import { execFileSync } from 'node:child_process';
import { fstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OptionsError, WorkerLostError } from '@twinpool/core';
import { isRunning, makeGate, outcome, runProgram, until, within } from '@twinpool/testkit';
import {
  dieWhileAnswering,
  failToAnswer,
  filesHere,
  keep,
  lookAt,
  makeBytes,
  partOf,
  placeOfFiles,
  reportThenReturn,
} from '@twinpool/testkit/buffers';
import { closeArguments, takeDescriptor } from '@twinpool/testkit/faults';
import { describe, isLong, isWhole, it } from '@twinpool/testkit/sample';
import { byteLengths, echo, fail, hold, place } from '@twinpool/testkit/tasks';
import { expect, onTestFinished } from 'vitest';
import { LEAST_BUFFER } from '../../src/wire/buffer-passing.ts';
import { MAILBOX_BYTES } from '../../src/wire/mailbox.ts';
import { open, Terminated, type Workplace } from './workplace.ts';

const MIB = 2 ** 20;
/** More than one piece. */
const LARGE = 5 * MIB + 3;
/** Repetitions of a kill; all of them with MATRIX=all. */
const KILLS = isLong ? 50 : isWhole ? 10 : 2;

const hasMemoryFolder = process.platform === 'linux' && isThere('/dev/shm');
const onLinux = it.runIf(hasMemoryFolder);

const JUNK = Buffer.alloc(LARGE, 'junk');

/** A file as a task may open it. */
function fileOfJunk(): string {
  const path = join(makeGate().path, 'own');
  writeFileSync(path, JUNK);
  return path;
}

function isThere(folder: string): boolean {
  try {
    return statSync(folder).isDirectory();
  } catch {
    return false;
  }
}

/** An empty folder that goes with the test. */
function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-buffers-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A memory file system of some bytes, if this user may mount one. */
function mountMemory(bytes: number): string | undefined {
  const folder = makeFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    console.warn('not tested: this user may not mount a file system');
    return undefined;
  }
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder]);
  });
  return folder;
}

/** Files without a name that this process has open in a folder. */
function openHere(folder = '/dev/shm'): number {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return links.filter((link) => link.startsWith(`${folder}/`) && link.endsWith('(deleted)')).length;
}

/** Bytes whose content follows from their length. */
function bytesOf(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).map((_, at) => (at * 31 + (at >> 12)) & 0xff);
}

/** A task gets the value and returns it. */
function sendBack<T>(work: Workplace, value: T): Promise<T> {
  return work.call(echo<T>, value);
}

/** The same class and the same bytes. vitest compares each element, which takes minutes. */
function expectSame(back: unknown, value: unknown): void {
  expect(Object.getPrototypeOf(back)).toBe(Object.getPrototypeOf(value));
  expect(bytesIn(back).equals(bytesIn(value))).toBe(true);
}

function bytesIn(value: unknown): Buffer {
  if (!ArrayBuffer.isView(value)) return Buffer.from(value as ArrayBuffer);
  return Buffer.from(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength);
}

const VIEWS: readonly (readonly [name: string, make: (buffer: ArrayBuffer) => unknown])[] = [
  ['ArrayBuffer', (buffer) => buffer],
  ['Buffer', (buffer) => Buffer.from(buffer)],
  ['DataView', (buffer) => new DataView(buffer)],
  ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array].map(
    (View) => [View.name, (buffer: ArrayBuffer) => new View(buffer)] as const,
  ),
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array].map(
    (View) => [View.name, (buffer: ArrayBuffer) => new View(buffer)] as const,
  ),
];

describe('a large value of a process comes back as it went', () => {
  it.each(VIEWS)('%s, around the size from which on it goes through a file', async (_name, make) => {
    const work = open('process', 1);
    for (const length of [LEAST_BUFFER - 8, LEAST_BUFFER, LEAST_BUFFER + 8, LARGE + 5]) {
      const value = make(bytesOf(length).buffer);
      expectSame(await within(sendBack(work, value)), value);
      const back = await within(sendBack(work, { list: [value, 'x'] }));
      expectSame(back.list[0], value);
      expect(back.list[1]).toBe('x');
    }
  });

  it('a view over a part of a buffer, and one that begins inside of it', async () => {
    const work = open('process', 1);
    const { buffer } = bytesOf(LARGE);
    const part = new Uint8Array(buffer, 5, LARGE - 10);
    const back = await sendBack(work, part);
    expect(Buffer.compare(back, part)).toBe(0);
    expect([back.byteOffset, back.buffer.byteLength]).toEqual([0, LARGE - 10]);
    const slice = Buffer.from(buffer).subarray(MIB, 3 * MIB);
    expect(await work.call(byteLengths, slice)).toEqual({ view: 2 * MIB, backing: 2 * MIB, isBuffer: true });
  });

  it('several views of one buffer still share it, also with the buffer itself', async () => {
    const work = open('process', 1);
    const { buffer } = bytesOf(LARGE + 5);
    const value = { floats: new Float64Array(buffer), bytes: new Uint8Array(buffer), buffer, again: new Uint8Array(buffer) };
    const back = await sendBack(work, value);
    for (const key of ['floats', 'bytes', 'buffer', 'again'] as const) expectSame(back[key], value[key]);
    expect([back.floats.buffer === back.buffer, back.bytes.buffer === back.buffer, back.again.buffer === back.buffer]).toEqual([
      true,
      true,
      true,
    ]);
    back.bytes[0] = 99;
    expect(back.again[0]).toBe(99);
    const reversed = await sendBack(work, { buffer, bytes: new Uint8Array(buffer), map: new Map([[buffer, [buffer]]]) });
    expect([...reversed.map.keys()][0] === reversed.bytes.buffer && reversed.buffer === reversed.bytes.buffer).toBe(true);
  });

  it('one view at two places is one view; two Buffers of one memory are two', async () => {
    const work = open('process', 1);
    const buffer = Buffer.from(bytesOf(LARGE).buffer);
    const back = await sendBack(work, { one: buffer, same: buffer, other: Buffer.from(buffer.buffer) });
    expect(back.one === back.same).toBe(true);
    expect(back.other.buffer === back.one.buffer).toBe(false);
    expect(back.other.equals(buffer)).toBe(true);
  });

  it('a buffer that can be resized keeps that, and a view of one gets its own bytes', async () => {
    const work = open('process', 1);
    const Resizable = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer & { resizable: boolean };
    const buffer = new Resizable(MIB, { maxByteLength: 2 * MIB });
    new Uint8Array(buffer).fill(3);
    const back = await sendBack(work, { buffer });
    expect([back.buffer.resizable, back.buffer.byteLength]).toEqual([true, MIB]);
    const view = await sendBack(work, new Uint8Array(buffer));
    expect([view.length, view[0], view.buffer.byteLength]).toEqual([MIB, 3, MIB]);
  });

  it('beside values that go through a check of their own: getters, errors, instances, cycles', async () => {
    const work = open('process', 1);
    const bytes = bytesOf(LARGE);
    let reads = 0;
    const value = {
      get bytes() {
        reads += 1;
        return bytes;
      },
    };
    expect(Buffer.compare((await sendBack(work, value)).bytes, bytes)).toBe(0);
    expect(reads).toBe(1);
    const cycle: { bytes: Uint8Array; self?: unknown } = { bytes };
    cycle.self = cycle;
    const back = await sendBack(work, cycle);
    expect(back.self === back && Buffer.compare(back.bytes, bytes) === 0).toBe(true);
    const error = Object.assign(new RangeError('with bytes'), { bytes });
    const held = await sendBack(work, { error, bytes });
    expect(held.error).toBeInstanceOf(RangeError);
    expect(Buffer.compare(held.error.bytes, bytes) + Buffer.compare(held.bytes, bytes)).toBe(0);
  });

  it('many at once, of different sizes, in one map and in single calls, and as reports', async () => {
    const work = open('process', 2);
    const values = Array.from({ length: 24 }, (_, at) => Buffer.alloc(LEAST_BUFFER + at * 100_003, at));
    const [mapped, single] = await within(
      Promise.all([work.map(echo<Buffer>, values, { chunksize: 5 }), Promise.all(values.map((value) => sendBack(work, value)))]),
    );
    expect(mapped.every((back, at) => back.equals(values[at] as Buffer))).toBe(true);
    expect(single.every((back, at) => back.equals(values[at] as Buffer))).toBe(true);
    const reports: unknown[] = [];
    const bytes = Buffer.alloc(LARGE, 5);
    const { promise } = work.begin(reportThenReturn<Buffer>, [bytes], { onReport: (value) => reports.push(value) });
    expect((await promise).equals(bytes)).toBe(true);
    expect(reports.length === 1 && (reports[0] as Buffer).equals(bytes)).toBe(true);
  });

  it('in a worker with several slots', async () => {
    const work = open('process', { processes: 1, concurrentTasksPerWorker: 3 });
    const values = Array.from({ length: 12 }, (_, at) => Buffer.alloc(LARGE + at, at));
    const back = await within(Promise.all(values.map((value) => sendBack(work, value))));
    expect(back.every((each, at) => each.equals(values[at] as Buffer))).toBe(true);
  });

  it('up to maxPayloadBytes and not beyond, in both directions', async () => {
    const work = open('process', { processes: 1, maxPayloadBytes: MIB });
    const isTooLarge = expect.objectContaining({ code: 'ERR_TWINPOOL_PAYLOAD_TOO_LARGE' });
    expect((await sendBack(work, Buffer.alloc(MIB - 1000, 1))).length).toBe(MIB - 1000);
    expect(await outcome(sendBack(work, Buffer.alloc(MIB + 1)))).toEqual({ ok: false, error: isTooLarge });
    expect(await outcome(sendBack(work, [Buffer.alloc(MIB / 2), Buffer.alloc(MIB / 2 + 1)]))).toEqual({ ok: false, error: isTooLarge });
    expect(await outcome(work.call(makeBytes, MIB + 1, 1))).toEqual({ ok: false, error: isTooLarge });
    expect(work.attachment.stats()).toMatchObject({ lostWorkers: 0, protocolAnomalies: 0 });
  });
});

describe('the files', () => {
  onLinux('have no name, are in /dev/shm, and hold large values only', async () => {
    const work = open('process', 1);
    expect(await work.call(filesHere)).toEqual({ taken: 0, given: 0, names: 0 });
    await sendBack(work, Buffer.alloc(LEAST_BUFFER - 1));
    expect(await work.call(filesHere)).toEqual({ taken: 0, given: 0, names: 0 });
    expect(await work.call(placeOfFiles)).toMatch(/^\/dev\/shm\/.*\(deleted\)$/);
    await sendBack(work, Buffer.alloc(LEAST_BUFFER));
    expect(await work.call(filesHere)).toEqual({ taken: LEAST_BUFFER, given: LEAST_BUFFER, names: 0 });
  });

  onLinux('use a place again after the answer, and are emptied when the worker has had no task for a while', async () => {
    const work = open('process', 1);
    for (let i = 0; i < 5; i++) await sendBack(work, Buffer.alloc(LARGE, i));
    const { taken, given } = (await work.call(filesHere)) as { taken: number; given: number };
    expect(taken).toBeLessThanOrEqual(2 * LARGE + 8192);
    expect(given).toBeLessThanOrEqual(2 * LARGE + 8192);
    const descriptors = readdirSync('/proc/self/fd').filter((fd) => {
      try {
        // The mailbox keeps its size.
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith('/dev/shm/') && fstatSync(Number(fd)).size !== MAILBOX_BYTES;
      } catch {
        return false;
      }
    });
    await until(() => descriptors.every((fd) => fstatSync(Number(fd)).size === 0), 'the files are empty');
    expect(await work.call(lookAt, Buffer.alloc(LARGE, 7), 7)).toMatchObject({ isWhole: true, files: { taken: LARGE, given: 0 } });
    expect((await work.call(makeBytes, LARGE, 8)).equals(Buffer.alloc(LARGE, 8))).toBe(true);
  });

  onLinux('are closed when the worker has ended, in every way', async () => {
    const before = openHere();
    const work = open('process', { processes: 2, maxTasksPerChild: 3, killGrace: 2000 });
    for (let i = 0; i < 8; i++) await sendBack(work, Buffer.alloc(LARGE, i));
    const { promise } = work.begin(hold, [makeGate().path, 'held'], { taskTimeout: 50 });
    expect(await outcome(promise)).toMatchObject({ ok: false, error: { code: 'ERR_TWINPOOL_TASK_TIMEOUT' } });
    await work.end();
    expect(openHere()).toBe(before);
  });

  it('are not there with bufferDir false, and nothing else changes', async () => {
    const work = open('process', { processes: 1, bufferDir: false });
    expect(await work.call(filesHere)).toBeUndefined();
    expect((await sendBack(work, Buffer.alloc(LARGE, 3))).equals(Buffer.alloc(LARGE, 3))).toBe(true);
  });

  it('are in the folder that the user names, also on a disk, and leave nothing there', async () => {
    const folder = makeFolder();
    const work = open('process', { processes: 1, bufferDir: folder });
    expect((await sendBack(work, Buffer.alloc(LARGE, 3))).equals(Buffer.alloc(LARGE, 3))).toBe(true);
    expect(await work.call(filesHere)).toEqual({ taken: LARGE, given: LARGE, names: 0 });
    expect(readdirSync(folder)).toEqual([]);
  });

  onLinux('take no more than bufferLimit together; what does not fit goes in its message', async () => {
    const limit = 8 * MIB;
    const work = open('process', { processes: 2, bufferLimit: limit });
    const values = Array.from({ length: 12 }, (_, at) => Buffer.alloc(3 * MIB, at));
    const back = await within(Promise.all(values.map((value) => sendBack(work, value))));
    expect(back.every((each, at) => each.equals(values[at] as Buffer))).toBe(true);
    const used = await Promise.all(Array.from({ length: 4 }, () => work.call(filesHere)));
    for (const each of used) expect((each?.taken ?? 0) + (each?.given ?? 0)).toBeLessThanOrEqual(limit);
    expect((await sendBack(work, Buffer.alloc(limit + 1, 9))).equals(Buffer.alloc(limit + 1, 9))).toBe(true);
    expect(work.attachment.stats()).toMatchObject({ lostWorkers: 0, protocolAnomalies: 0 });
  });

  onLinux('have room for larger results after the first one that had none', async () => {
    const work = open('process', { processes: 2, bufferLimit: 64 * MIB });
    const length = 20 * MIB;
    for (let i = 0; i < 3; i++) expect((await work.call(makeBytes, length, i)).length).toBe(length);
    const sizes = await Promise.all(Array.from({ length: 4 }, () => work.call(filesHere)));
    expect(sizes.some((each) => (each?.given ?? 0) >= length)).toBe(true);
  });

  it('are not there if the limit is below what is worth a file', async () => {
    const work = open('process', { processes: 1, bufferLimit: LEAST_BUFFER - 1 });
    expect(await work.call(filesHere)).toBeUndefined();
    expect((await sendBack(work, Buffer.alloc(LARGE, 3))).length).toBe(LARGE);
  });
});

describe('where files cannot be used, large values travel in their messages:', () => {
  async function works(work: Workplace, value: number): Promise<void> {
    const bytes = Buffer.alloc(LARGE, value);
    expect((await sendBack(work, bytes)).equals(bytes)).toBe(true);
    expect((await work.call(makeBytes, LARGE, value)).equals(bytes)).toBe(true);
    expect(work.attachment.stats()).toMatchObject({ lostWorkers: 0, protocolAnomalies: 0, failed: 0 });
  }

  onLinux('a folder in which no user may make files', async () => {
    const work = open('process', { processes: 1, bufferDir: '/proc' });
    await works(work, 1);
    expect(await work.call(filesHere)).toBeUndefined();
  });

  onLinux('a file system that is read-only', async () => {
    const folder = mountMemory(8 * MIB);
    if (folder === undefined) return;
    execFileSync('mount', ['-o', 'remount,ro', folder]);
    const work = open('process', { processes: 1, bufferDir: folder });
    await works(work, 1);
    expect(await work.call(filesHere)).toBeUndefined();
  });

  onLinux('a folder that is removed before the workers start', async () => {
    const folder = join(makeFolder(), 'gone');
    mkdirSync(folder);
    const work = open('process', { processes: 1, bufferDir: folder });
    rmSync(folder, { recursive: true });
    await works(work, 1);
  });

  onLinux('a file system that becomes full', async () => {
    const folder = mountMemory(24 * MIB);
    if (folder === undefined) return;
    const work = open('process', { processes: 1, bufferDir: folder });
    const small = Buffer.alloc(LEAST_BUFFER, 1);
    expect((await sendBack(work, small)).equals(small)).toBe(true);
    expect(await work.call(filesHere)).toMatchObject({ taken: LEAST_BUFFER });
    try {
      for (let file = 0; ; file++) writeFileSync(join(folder, String(file)), Buffer.alloc(64 * 1024));
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
    }
    for (let i = 0; i < 3; i++) await works(work, i);
    expect(readdirSync(folder).every((name) => /^\d+$/.test(name))).toBe(true);
  });

  onLinux('a file system that takes less than half of a buffer', async () => {
    const folder = mountMemory(4 * MIB);
    if (folder === undefined) return;
    const work = open('process', { processes: 1, bufferDir: folder });
    await works(work, 1);
    // Never more than half of what is free.
    const { taken, given } = (await work.call(filesHere)) as { taken: number; given: number };
    expect(taken + given).toBeLessThanOrEqual(2 * MIB);
  });

  onLinux.each(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO'])('a result that the file system refuses: %s', async (code) => {
    const work = open('process', 1);
    for (const pieces of [0, 1, 2]) {
      expect((await work.call(failToAnswer, LARGE, pieces, code)).equals(Buffer.alloc(LARGE, 1))).toBe(true);
      expect((await work.call(makeBytes, LARGE, 2)).equals(Buffer.alloc(LARGE, 2))).toBe(true);
    }
    expect(work.attachment.stats()).toMatchObject({ lostWorkers: 0, protocolAnomalies: 0 });
  });
});

describe('deaths', () => {
  onLinux.each([0, 1, 2])('a worker that is killed while it answers, after %i pieces, is lost, and its task alone', async (pieces) => {
    const before = openHere();
    const work = open('process', 1);
    const gate = makeGate();
    const settled = await Promise.all([
      outcome(work.call(makeBytes, LARGE, 1)),
      outcome(work.call(dieWhileAnswering, gate.path, LARGE, pieces)),
      outcome(sendBack(work, Buffer.alloc(LARGE, 2))),
    ]);
    expect(settled.map(({ ok }) => ok)).toEqual([true, false, true]);
    expect((settled[1] as { error: unknown }).error).toBeInstanceOf(WorkerLostError);
    expect(gate.labels()).toEqual(['dies']);
    await work.end();
    expect(openHere()).toBe(before);
  });

  onLinux('a worker whose file was closed by a task is lost with the next large argument, and no further call fails', async () => {
    const work = open('process', 1);
    await sendBack(work, Buffer.alloc(LARGE, 1));
    expect(await work.call(closeArguments)).toBe('closed');
    expect(await work.call(echo, 3)).toBe(3);
    // The worker may have taken the task from the pipe already, with the pieces of its argument; else it runs in the next one.
    const settled = await outcome(sendBack(work, Buffer.alloc(LARGE, 2)));
    if (settled.ok) expect(settled.value.equals(Buffer.alloc(LARGE, 2))).toBe(true);
    else expect(settled.error).toBeInstanceOf(WorkerLostError);
    for (let i = 3; i < 6; i++) expect((await sendBack(work, Buffer.alloc(LARGE, i))).equals(Buffer.alloc(LARGE, i))).toBe(true);
    expect(work.attachment.stats().lostWorkers).toBe(1);
  });

  onLinux(
    'a task that takes the descriptor of large arguments for a file of its own loses its worker with the next one, and no task reads that file',
    async () => {
      const work = open('process', 1);
      const own = fileOfJunk();
      await sendBack(work, Buffer.alloc(LARGE, 1));
      expect(await work.call(takeDescriptor, 6, own)).toBe(6);
      const settled = await outcome(sendBack(work, Buffer.alloc(LARGE, 2)));
      if (settled.ok) expect(settled.value.equals(Buffer.alloc(LARGE, 2))).toBe(true);
      else expect(settled.error).toBeInstanceOf(WorkerLostError);
      for (let i = 3; i < 6; i++) expect((await sendBack(work, Buffer.alloc(LARGE, i))).equals(Buffer.alloc(LARGE, i))).toBe(true);
      expect(readFileSync(own)).toEqual(JUNK);
    },
  );

  onLinux(
    'a task that takes the descriptor of large results for a file of its own loses nothing, and that file is not written',
    async () => {
      const work = open('process', 1);
      const own = fileOfJunk();
      await sendBack(work, Buffer.alloc(LARGE, 1));
      expect(await work.call(takeDescriptor, 7, own)).toBe(7);
      for (let i = 2; i < 6; i++) expect((await sendBack(work, Buffer.alloc(LARGE, i))).equals(Buffer.alloc(LARGE, i))).toBe(true);
      expect(readFileSync(own)).toEqual(JUNK);
      expect(work.attachment.stats()).toMatchObject({ failed: 0, lostWorkers: 0 });
    },
  );

  onLinux('a task is retried in another worker with the same large argument', async () => {
    const work = open('process', { processes: 1, onWorkerLoss: 'retry', retries: 2 });
    const gate = makeGate();
    const first = work.call(dieWhileAnswering, gate.path, LARGE, 1);
    const second = sendBack(work, Buffer.alloc(LARGE, 6));
    expect(await outcome(first)).toMatchObject({ ok: false });
    expect((await second).equals(Buffer.alloc(LARGE, 6))).toBe(true);
    expect(gate.labels()).toEqual(['dies', 'dies', 'dies']);
  });

  onLinux('a killed worker leaves no file and no descriptor', async () => {
    const before = openHere();
    const names = readdirSync('/dev/shm');
    const work = open('process', 1);
    for (let i = 0; i < KILLS; i++) {
      const { pid } = await work.call(place);
      const call = outcome(sendBack(work, Buffer.alloc(LARGE, i)));
      process.kill(pid, 'SIGKILL');
      const settled = await call;
      if (settled.ok) expect(settled.value.equals(Buffer.alloc(LARGE, i))).toBe(true);
      else expect(settled.error).toBeInstanceOf(WorkerLostError);
    }
    expect((await sendBack(work, Buffer.alloc(LARGE, 1))).length).toBe(LARGE);
    expect(openHere()).toBeLessThanOrEqual(before + 3);
    await work.end();
    expect(openHere()).toBe(before);
    expect(readdirSync('/dev/shm').filter((name) => name.includes('twinpool') && !names.includes(name))).toEqual([]);
  });

  onLinux('a killed program leaves no file and no worker', { timeout: 300_000 }, async () => {
    const folder = makeFolder();
    for (let i = 0; i < KILLS; i++) {
      const program = runProgram(new URL('../fixtures/programs/large-buffers.mjs', import.meta.url), ['Infinity', folder]);
      await program.printed('ready');
      expect(program.output).toContain('files: yes');
      process.kill(program.pid, 'SIGKILL');
      expect(await program.end()).toEqual({ code: null, signal: 'SIGKILL' });
      await until(() => program.numbers('workers').every((pid) => !isRunning(pid)), 'the workers are gone');
      expect(readdirSync(folder)).toEqual([]);
    }
  });

  it('a program that has nothing to do ends, also while its files are not empty', async () => {
    const program = runProgram(new URL('../fixtures/programs/large-buffers.mjs', import.meta.url), ['3']);
    expect(await program.end()).toEqual({ code: 0, signal: null });
  });

  it('an aborted call, a failed one and a time limit disturb no other buffer', async () => {
    const work = open('process', { processes: 1, killGrace: 5000 });
    const gate = makeGate();
    const controller = new AbortController();
    const held = work.begin(hold, [gate.path, 'held'], { signal: controller.signal });
    await gate.entered();
    const waiting = Array.from({ length: 4 }, (_, at) => sendBack(work, Buffer.alloc(LARGE, at)));
    controller.abort();
    gate.open();
    await outcome(held.promise);
    const back = await within(Promise.all(waiting));
    expect(back.every((each, at) => each.equals(Buffer.alloc(LARGE, at)))).toBe(true);
    expect(await outcome(work.call(fail, 'x'.repeat(MIB)))).toMatchObject({ ok: false });
    expect((await sendBack(work, Buffer.alloc(LARGE, 9))).equals(Buffer.alloc(LARGE, 9))).toBe(true);
  });

  it('terminate() while large values travel settles all of them', async () => {
    const work = open('process', 2);
    await Promise.all([1, 2].map(() => sendBack(work, Buffer.alloc(LARGE))));
    const calls = Array.from({ length: 8 }, (_, at) => outcome(sendBack(work, Buffer.alloc(LARGE, at))));
    await work.end();
    for (const settled of await Promise.all(calls)) expect(settled.ok ? settled.value : settled.error).toBeInstanceOf(Terminated);
  });
});

describe('reuseBuffers', () => {
  const fresh = (value: number) => Buffer.alloc(LARGE, value);

  it('is off by default: a task may keep its arguments', async () => {
    const work = open('process', 1);
    for (const value of [1, 2, 3]) await work.call(keep, fresh(value));
    expect(await work.call(keep, fresh(4))).toEqual([1, 2, 3, 4]);
  });

  onLinux('lets the next argument of the same length take the memory of the last one', async () => {
    const work = open('process', { processes: 1, reuseBuffers: true });
    for (const value of [1, 2, 3]) await work.call(keep, fresh(value));
    // All are views of one memory.
    expect(await work.call(keep, fresh(4))).toEqual([4, 4, 4, 4]);
    // Another length has memory of its own.
    expect(await work.call(keep, Buffer.alloc(LARGE + 1, 5))).toEqual([4, 4, 4, 4, 5]);
  });

  it('changes no result, also none that refers to the argument', async () => {
    const work = open('process', { processes: 1, reuseBuffers: true });
    const parts = await within(Promise.all([1, 2, 3, 4, 5].map((value) => work.call(partOf, fresh(value)))));
    expect(parts.map((part) => [...part])).toEqual([1, 2, 3, 4, 5].map((value) => Array(4).fill(value)));
    const back = await within(Promise.all([1, 2, 3, 4, 5].map((value) => sendBack(work, fresh(value)))));
    expect(back.map((bytes) => [bytes.length, bytes[0], bytes[LARGE - 1]])).toEqual([1, 2, 3, 4, 5].map((value) => [LARGE, value, value]));
    const two = await sendBack(work, [fresh(6), fresh(7)]);
    expect(two.map((bytes) => bytes[0])).toEqual([6, 7]);
  });

  it('has no effect on threads', async () => {
    const work = open('thread', { processes: 1, reuseBuffers: true });
    for (const value of [1, 2, 3]) await work.call(keep, fresh(value));
    expect(await work.call(keep, fresh(4))).toEqual([1, 2, 3, 4]);
  });
});

describe('options that cannot be honoured are refused before a worker starts:', () => {
  it.each([
    ['process', { bufferDir: '/there/is/no/such/folder' }, /bufferDir: expected a directory that exists/],
    ['process', { bufferDir: import.meta.filename }, /bufferDir: expected a directory, got .* which is a file/],
    ['process', { bufferDir: true }, /bufferDir: expected a directory, or false, got true/],
    ['process', { bufferDir: '' }, /bufferDir: expected a directory/],
    ['process', { bufferLimit: -1 }, /bufferLimit: expected a number of bytes/],
    ['process', { bufferLimit: '1 MiB' }, /bufferLimit: /],
    ['process', { reuseBuffers: 1 }, /reuseBuffers: expected true or false, got 1/],
    ['thread', { bufferDir: '/tmp' }, /bufferDir: .*threads/],
    ['thread', { bufferDir: false }, /bufferDir: .*threads/],
    ['thread', { bufferLimit: MIB }, /bufferLimit: .*threads/],
  ] as const)('%s, %o', (kind, options, message) => {
    expect(() => open(kind, options)).toThrow(OptionsError);
    expect(() => open(kind, options)).toThrow(message);
  });
});
