// Measures `twinpool map` on a file of records with a trivial function, or the memory of the command while gigabytes pass through it.
//
//   plain loop        a program that reads lines, parses each, calls and prints, from its standard input to its standard output; the goal is against it
//   loop of streams   the same between streams of files, which gather what is written: as fast as a short program gets
//   xargs, parallel   the plain loop in two processes at a time (where installed)
//
//   node bench/map-command.mjs [--rounds 5] [--records 1000000]      rates, file to file, in turn: A B C A B C ...
//   node bench/map-command.mjs --gigabytes 10                        through pipes, with a heap of 96 MB; a goal that is missed exits with 1
//
// Each contender is a program of its own, whose start counts. Their results are compared. Requires a build.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, createWriteStream, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const path = (file) => fileURLToPath(new URL(file, import.meta.url));
const COMMAND = path('../packages/twinpool/dist/command.js');
const TASK = path('./tasks/map-command.mjs');
const LOOP = path('./programs/map-loop.mjs');
const LEAST_RATIO = 1.5;
const MOST_RESIDENT = 400e6;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    records: { type: 'string', default: '1000000' },
    gigabytes: { type: 'string' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'twinpool-bench-map-'));
const input = join(folder, 'in.jsonl');
const node = process.execPath;

/** Arguments after the program, whether it reads its standard input, and whether the lines of the output may have another order. */
const CONTENDERS = {
  'plain loop': { program: node, args: () => [LOOP], readsStdin: true },
  'loop of streams': { program: node, args: (output) => [path('./programs/map-loop-file.mjs'), input, output] },
  'twinpool map': { program: node, args: (output) => [COMMAND, 'map', TASK, '--input', input, '--output', output] },
  'xargs -P2': { program: 'xargs', args: () => ['-P2', '-n30000', '-s2000000', '-d', '\\n', '-a', input, node, LOOP], isUnordered: true },
  parallel: { program: 'parallel', args: () => ['--pipe-part', '-a', input, '-j2', '--block', '8M', node, LOOP], isUnordered: true },
};

try {
  if (values.gigabytes === undefined) await measureRates(Number(values.rounds), Number(values.records));
  else await measureMemory(Number(values.gigabytes));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function measureRates(rounds, records) {
  await writeRecords(records);
  const installed = Object.entries(CONTENDERS).filter(([, { program }]) => spawnSync(program, ['--version']).error === undefined);
  const times = new Map(installed.map(([name]) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    let expected;
    for (const [name, { program, args, readsStdin, isUnordered }] of installed) {
      const output = join(folder, 'out');
      const begin = performance.now();
      const files = [...(readsStdin === true ? [openSync(input)] : []), openSync(output, 'w')];
      const { status } = spawnSync(program, args(output), { stdio: [readsStdin === true ? files[0] : 'ignore', files.at(-1), 'ignore'] });
      for (const file of files) closeSync(file);
      // The first round warms up the caches of the machine.
      if (round > 0) times.get(name).push(performance.now() - begin);
      const found = readFileSync(output, 'utf8');
      expected ??= found;
      const isRight = isUnordered ? found.length === expected.length : found === expected;
      if (status !== 0 || !isRight) throw new Error(`${name} ended with ${status} and ${isRight ? 'the right' : 'a wrong'} result`);
    }
  }
  const loop = times.get('plain loop');
  for (const [name, list] of times) {
    const ratios = list.map((time, round) => loop[round] / time);
    console.log(`${name.padEnd(16)}${rate(records, median(list))}   ${median(ratios).toFixed(2)} x the plain loop (${range(ratios)})`);
  }
  const ratio = median(times.get('twinpool map').map((time, round) => loop[round] / time));
  console.log(`goal: at least ${LEAST_RATIO} x the plain loop: ${ratio >= LEAST_RATIO ? 'reached' : 'missed'}`);
  process.exitCode = ratio >= LEAST_RATIO ? 0 : 1;
}

async function writeRecords(count) {
  const file = createWriteStream(input);
  for (let n = 0; n < count; n++) {
    if (!file.write(`${JSON.stringify({ n, name: `record ${n}` })}\n`)) await new Promise((resolve) => file.once('drain', resolve));
  }
  await new Promise((resolve) => file.end(resolve));
}

async function measureMemory(gigabytes) {
  const block = Buffer.from(Array.from({ length: 1_000 }, (_, n) => `{"n":${n},"text":"${'x'.repeat(200)}"}\n`).join(''));
  const child = spawn(node, ['--max-old-space-size=96', COMMAND, 'map', '-e', 'r => r'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  let read = 0;
  let most = 0;
  child.stdout.on('data', (part) => {
    read += part.length;
  });
  const timer = setInterval(() => {
    most = Math.max(most, Number(readFileSync(`/proc/${child.pid}/statm`, 'utf8').split(' ')[1]) * 4096);
  }, 100);
  let written = 0;
  for (; written < gigabytes * 1e9; written += block.length) {
    if (!child.stdin.write(block)) await new Promise((resolve) => child.stdin.once('drain', resolve));
  }
  clearInterval(timer);
  child.stdin.end();
  const code = await ended;
  const isGood = code === 0 && read === written && most < MOST_RESIDENT;
  console.log(
    `${(written / 1e9).toFixed(1)} GB in, ${(read / 1e9).toFixed(1)} GB out, exit code ${code}; resident at most ${(most / 1e6).toFixed(0)} MB`,
  );
  process.exitCode = isGood ? 0 : 1;
}

function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function rate(records, ms) {
  return `${((records / ms) * 1000).toFixed(0).padStart(9)}/s`;
}

function range(ratios) {
  return `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
}
