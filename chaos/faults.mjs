// npm run faults [-- --peers] [--only name,...] [--row text] [--write]
// Runs each fault of faults/cells.mjs in each pool, one process per cell, and prints the table. Exits with 1 unless all our cells are `ok`.
// --peers adds the pools of other packages. --write also writes the table into docs/failure.md, between its markers; `npm run bench:report` draws it.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cells } from './faults/cells.mjs';
import { ours, peers } from './faults/contenders.mjs';
import { MARK, markedProcesses } from './harness/processes.mjs';

const { values: options } = parseArgs({
  options: {
    peers: { type: 'boolean', default: false },
    only: { type: 'string' },
    row: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
/** ms. After this time a cell counts as a dead program. */
const DEADLINE = 60_000 * Number(process.env.TWINPOOL_DELAY_FACTOR ?? 1);

const wanted = Object.entries({ ...ours, ...(options.peers ? peers : {}) }).filter(
  ([name]) => options.only === undefined || options.only.split(',').some((part) => name.includes(part)),
);
const rows = cells.map((cell, row) => ({ ...cell, row })).filter(({ what }) => options.row === undefined || what.includes(options.row));
const folder = mkdtempSync(join(tmpdir(), 'twinpool-faults-'));
const verdicts = new Map();
const todo = rows.flatMap(({ row, only }) =>
  wanted.map(([name, { kind }]) => ({ name, row, applies: only === undefined || only === kind })),
);
await Promise.all(
  Array.from({ length: Math.max(1, Math.min(4, availableParallelism())) }, async () => {
    for (let job = todo.shift(); job !== undefined; job = todo.shift()) {
      verdicts.set(`${job.name}/${job.row}`, job.applies ? await judge(job) : '–');
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${todo.length} cells left`);
    }
  }),
);
if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
rmSync(folder, { recursive: true, force: true });

const table = markdown();
console.log(table);
if (options.write) writeTable(table);
const bad = [...verdicts].filter(([key, verdict]) => Object.keys(ours).includes(key.split('/')[0]) && !['ok', '–'].includes(verdict));
for (const [key, verdict] of bad) console.error(`not ok: ${key.split('/')[0]}, ${cells[Number(key.split('/')[1])]?.what}: ${verdict}`);
process.exitCode = bad.length === 0 ? 0 : 1;

async function judge({ name, row }) {
  const mark = `${process.pid}.${name}.${row}`;
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./faults/cell.mjs', import.meta.url)), name, String(row), join(folder, `${row}.${name}`)],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe'], env: { ...process.env, NODE_NO_WARNINGS: '1', [MARK]: mark } },
  );
  let text = '';
  child.stdio[3].setEncoding('utf8').on('data', (piece) => {
    text += piece;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE);
  await new Promise((resolve) => child.on('exit', resolve));
  clearTimeout(timer);
  // Leaks of a pool are not part of this table, and must not disturb the next cell.
  for (const { pid } of markedProcesses(mark)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it ended in the meantime
    }
  }
  return text === '' ? 'the program died' : JSON.parse(text).verdict;
}

function markdown() {
  // With --peers our two facades share one column per kind, which is `ok` if both are.
  const columns = options.peers ? mergedColumns() : wanted.map(([name]) => ({ name, of: [name] }));
  const names = columns.map(({ name }) => name);
  const lines = [`| the task's fault | ${names.join(' | ')} |`, `| --- |${' --- |'.repeat(names.length)}`];
  for (const { what, row } of rows)
    lines.push(
      `| ${what} | ${columns.map(({ of }) => [...new Set(of.map((name) => verdicts.get(`${name}/${row}`)))].join(' / ')).join(' | ')} |`,
    );
  return lines.join('\n');
}

function mergedColumns() {
  const columns = [];
  for (const [kind, letter] of Object.entries({ thread: 'T', process: 'P' })) {
    const of = wanted.filter(([name]) => ours[name]?.kind === kind).map(([name]) => name);
    if (of.length > 0) columns.push({ name: `**twinpool ${letter}**`, of });
  }
  for (const [name] of wanted) if (ours[name] === undefined) columns.push({ name, of: [name] });
  return columns;
}

/** Replaces the text between `<!-- faults -->` and `<!-- /faults -->`. */
function writeTable(text) {
  const path = fileURLToPath(new URL('../docs/failure.md', import.meta.url));
  const before = readFileSync(path, 'utf8');
  const after = before.replace(/(<!-- faults -->\n)[\s\S]*?(<!-- \/faults -->)/, (_, start, end) => `${start}\n${text}\n\n${end}`);
  if (after !== before) writeFileSync(path, after);
}
