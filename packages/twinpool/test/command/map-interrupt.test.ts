import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, isLong, isWhole, it } from '@twinpool/testkit/sample';
import { expect } from 'vitest';
import { endOf, numbers, scratchFolder, skipIn, started } from './run-command.ts';

/** Where the runs are interrupted: numbers from 0 to 1, spread evenly. */
const seeds = Array.from({ length: isLong ? 20 : isWhole ? 3 : 1 }, (_, i) => ((i + 1) * 0.618) % 1);

describe('twinpool map: interrupted', () => {
  it.each(seeds)('goes on exactly at --skip, wherever it was interrupted (%f)', async (seed) => {
    const folder = scratchFolder();
    const count = 3_000;
    const expected = Array.from({ length: count }, (_, n) => `${n}\n`).join('');
    writeFileSync(join(folder, 'in'), numbers(count));
    // Every few records take some milliseconds, so that there is much to interrupt.
    const slow = 'r => { const end = performance.now() + (r.n % 50 === 0 ? 20 : 0.05); while (performance.now() < end); return r.n; }';
    let skip = 0;
    for (let runs = 1; ; runs++) {
      const child = started(['map', '-e', slow, '--input', 'in', '--output', 'out', '--workers', '2', '--skip', String(skip)], {
        cwd: folder,
      });
      const end = endOf(child);
      const timer = setTimeout(
        () => child.kill(runs % 2 === 0 ? 'SIGTERM' : 'SIGINT'),
        runs > 5 ? 30_000 : 400 + 1_200 * ((seed * runs) % 1),
      );
      const { code, errors } = await end;
      clearTimeout(timer);
      // A signal that comes before the first line of the command, or after its last one, ends it as any program.
      if (code === null && errors === '') continue;
      skip = skipIn(errors) as number;
      const written = existsSync(join(folder, 'out')) ? readFileSync(join(folder, 'out'), 'utf8') : '';
      expect([expected.startsWith(written), written.split('\n').length - 1]).toEqual([true, skip]);
      if (code === 0 || (code === null && !errors.includes('interrupted by'))) break;
      expect([code, errors]).toEqual([runs % 2 === 0 ? 143 : 130, expect.stringContaining('interrupted by SIG')]);
    }
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe(expected);
  });

  it('writes what is done while the input waits', async () => {
    const child = started(['map', '-e', 'r => r', '--kind', 'thread', '--workers', '1']);
    const end = endOf(child);
    child.stdin.write(numbers(1));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGHUP');
    const { code, output, errors } = await end;
    expect([code, output, skipIn(errors)]).toEqual([129, '{"n":0}\n', 1]);
  });
});

describe('twinpool map: back-pressure', () => {
  it('reads no more than it can write, with little memory', async () => {
    const count = isLong ? 2_000_000 : 150_000;
    const child = started(['map', '-e', 'r => r', '--workers', '1'], { flags: ['--max-old-space-size=96'] });
    const block = Buffer.from(numbers(1_000).replaceAll('}', `,"text":"${'x'.repeat(200)}"}`));
    let accepted = 0;
    let isBlocked = false;
    const write = (): void => {
      while (accepted < count / 1_000) {
        accepted += 1;
        if (!child.stdin.write(block)) {
          isBlocked = true;
          child.stdin.once('drain', () => {
            isBlocked = false;
            write();
          });
          return;
        }
      }
      child.stdin.end();
    };
    write();
    // Nothing is read of the output until the writer makes no progress any more.
    for (let last = -1; last !== accepted || !isBlocked; ) {
      last = accepted;
      await new Promise((resolve) => setTimeout(resolve, 500));
      if (accepted === count / 1_000) break;
    }
    expect(accepted * block.length).toBeLessThan(30e6);
    let read = 0;
    let most = 0;
    child.stdout.on('data', (part: Buffer) => {
      read += part.length;
      most = Math.max(most, residentSet(child.pid as number));
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([code, read]).toEqual([0, (count / 1_000) * block.length]);
    expect(most).toBeLessThan(400e6);
  });
});

/** Bytes; 0 where it is not known. */
function residentSet(pid: number): number {
  if (process.platform === 'linux') {
    try {
      const pages = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1];
      return Number(pages) * 4096;
    } catch {
      return 0;
    }
  }
  return Number(spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).stdout) * 1024;
}
