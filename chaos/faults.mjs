// npm run faults [-- --only name,...] [--row text]
// Runs each fault in our four classes, and prints the table. Exits with 1 unless all cells are `ok`. `--only` takes other pools, too.
import { parseArgs } from 'node:util';
import { contenders, ours } from './faults/contenders.mjs';
import { judgeFaults } from './faults/judge.mjs';
import { tableOf } from './harness/programs.mjs';

const { values: options } = parseArgs({ options: { only: { type: 'string' }, row: { type: 'string', default: '' } } });
const names =
  options.only === undefined ? ours : Object.keys(contenders).filter((name) => options.only.split(',').some((part) => name.includes(part)));
const verdicts = await judgeFaults(names, (what) => what.includes(options.row));
console.log(tableOf('the fault of the task', names, Object.keys(verdicts), (what, name) => verdicts[what][name]));
const isBad = (name, verdict) => ours.includes(name) && !['ok', '–'].includes(verdict);
process.exitCode = Object.values(verdicts).some((row) => Object.entries(row).some(([name, verdict]) => isBad(name, verdict))) ? 1 : 0;
