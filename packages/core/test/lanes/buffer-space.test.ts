// Tests where the files for large buffers are opened, and how much of a file system they may use together.
import fs, { closeSync, fstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@twinpool/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { BufferSpace } from '../../src/lanes/buffer-space.ts';
import { LEAST_BUFFER } from '../../src/wire/buffer-passing.ts';

const MIB = 2 ** 20;

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-space-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function makeSpace(options: { folder?: string; limit?: number; workers?: number } = {}) {
  const clock = new FakeClock();
  const { folder = makeFolder(), limit = 64 * MIB, workers = 2 } = options;
  return { clock, folder, space: new BufferSpace({ folder, limit, workers }, clock) };
}

/** Replaces a function of `node:fs` until the test ends. */
function replaceFs<K extends 'openSync' | 'statfsSync' | 'unlinkSync'>(name: K, replacement: (typeof fs)[K]): void {
  const { [name]: original } = fs;
  fs[name] = replacement;
  syncBuiltinESMExports();
  onTestFinished(() => {
    fs[name] = original;
    syncBuiltinESMExports();
  });
}

function openBoth(space: BufferSpace): readonly number[] {
  const fds = space.open() ?? [];
  onTestFinished(() => {
    for (const fd of fds) closeSync(fd);
  });
  return fds;
}

it('opens two files without a name, for this user only', () => {
  const { folder, space } = makeSpace();
  const stats = openBoth(space).map((fd) => fstatSync(fd));
  expect(stats.map(({ nlink, mode }) => [nlink, mode & 0o777])).toEqual([
    [0, 0o600],
    [0, 0o600],
  ]);
  expect(readdirSync(folder)).toEqual([]);
});

it('removes the names at once where a file cannot be without one', () => {
  const { openSync } = fs;
  replaceFs('openSync', ((path: string, flags: number, mode: number) => {
    if ((flags & 0o20_000_000) !== 0) throw Object.assign(new Error('not supported'), { code: 'EOPNOTSUPP' });
    return openSync(path, flags, mode);
  }) as typeof fs.openSync);
  const { folder, space } = makeSpace();
  expect(openBoth(space).map((fd) => fstatSync(fd).nlink)).toEqual([0, 0]);
  expect(readdirSync(folder)).toEqual([]);
});

it.each(['EACCES', 'EROFS', 'ENOENT', 'EMFILE', 'ENOSPC', 'ERR_ACCESS_DENIED'])('opens nothing for some time after %s', (code) => {
  let attempts = 0;
  const { openSync } = fs;
  replaceFs('openSync', () => {
    attempts += 1;
    throw Object.assign(new Error(code), { code });
  });
  const { clock, space } = makeSpace();
  expect(space.open()).toBeUndefined();
  const first = attempts;
  expect(first).toBeGreaterThan(0);
  expect([space.open(), attempts, space.isPaused]).toEqual([undefined, first, true]);
  clock.advance(9_999);
  expect([space.open(), attempts]).toEqual([undefined, first]);
  clock.advance(1);
  expect(space.isPaused).toBe(false);
  replaceFs('openSync', openSync);
  expect(openBoth(space)).toHaveLength(2);
});

it('leaves no descriptor when only one file can be opened', () => {
  const { openSync } = fs;
  let opened: number | undefined;
  replaceFs('openSync', ((...args: Parameters<typeof openSync>) => {
    if (opened !== undefined) throw Object.assign(new Error('too many'), { code: 'EMFILE' });
    opened = openSync(...args);
    return opened;
  }) as typeof fs.openSync);
  const { space } = makeSpace();
  expect(space.open()).toBeUndefined();
  expect(() => fstatSync(opened as number)).toThrow(/EBADF/);
});

it('reserves up to the limit, and again what was released', () => {
  const { space } = makeSpace({ limit: 10 * MIB });
  openBoth(space);
  expect([space.reserve(6 * MIB), space.reserve(5 * MIB), space.reserve(4 * MIB), space.reserve(1)]).toEqual([true, false, true, false]);
  space.release(4 * MIB);
  expect([space.reserve(4 * MIB + 1), space.reserve(4 * MIB)]).toEqual([false, true]);
});

it('gives the results of each worker a part of a quarter', () => {
  const { space } = makeSpace({ limit: 64 * MIB, workers: 4 });
  openBoth(space);
  expect(space.reserveForResults()).toBe(4 * MIB);
  const { space: small } = makeSpace({ limit: 2 * MIB, workers: 4 });
  openBoth(small);
  expect(small.reserveForResults()).toBe(0);
  expect(small.reserve(2 * MIB)).toBe(true);
});

it('uses at most half of what is free, measured at most once a second', () => {
  let free = 16 * MIB;
  let measured = 0;
  replaceFs('statfsSync', (() => {
    measured += 1;
    return { type: 0x01021994, blocks: 1, bavail: free / 4096, bsize: 4096 };
  }) as unknown as typeof fs.statfsSync);
  const { clock, space } = makeSpace();
  openBoth(space);
  expect([space.reserve(8 * MIB), space.reserve(1)]).toEqual([true, false]);
  expect(measured).toBe(1);
  // Six of the eight are in files now: what is free is less by that, and counts as before.
  space.grewBy(6 * MIB);
  free = 10 * MIB;
  clock.advance(1000);
  expect([space.reserve(1), measured]).toEqual([false, 2]);
  free = 12 * MIB;
  clock.advance(1000);
  expect([space.reserve(MIB), space.reserve(1)]).toEqual([true, false]);
});

it('opens nothing where less is free than one buffer needs, and where nothing can be measured', () => {
  let free = 2 * LEAST_BUFFER - 1;
  replaceFs('statfsSync', (() => {
    if (free < 0) throw new Error('not there');
    return { type: 0, blocks: 1, bavail: free, bsize: 1 };
  }) as unknown as typeof fs.statfsSync);
  const { clock, space } = makeSpace();
  expect(space.open()).toBeUndefined();
  free = -1;
  clock.advance(1000);
  expect(space.open()).toBeUndefined();
  free = 2 * LEAST_BUFFER;
  clock.advance(1000);
  expect(openBoth(space)).toHaveLength(2);
});

it.each([
  ['another file system', 0xef53, 'linux'],
  ['another system', 0x01021994, 'darwin'],
])('finds no folder without a name: %s', (_what, type, platform) => {
  replaceFs('statfsSync', (() => ({ type, blocks: 1e6, bavail: 1e6, bsize: 4096 })) as unknown as typeof fs.statfsSync);
  const { platform: before } = process;
  Object.defineProperty(process, 'platform', { value: platform });
  onTestFinished(() => {
    Object.defineProperty(process, 'platform', { value: before });
  });
  expect(new BufferSpace({ folder: undefined, limit: 64 * MIB, workers: 1 }, new FakeClock()).open()).toBeUndefined();
});
