// A plain loop: reads lines, parses each, calls the function and prints the result, in one thread. bench/map-command.mjs compares with it.
//
//   node map-loop.mjs < in > out         the lines of the standard input
//   node map-loop.mjs LINE... > out      the lines that are its arguments (for xargs)
import { createInterface } from 'node:readline';
import double from '../tasks/map-command.mjs';

const lines = process.argv.length > 2 ? process.argv.slice(2) : createInterface({ input: process.stdin });
for await (const line of lines) {
  const isFull = !process.stdout.write(`${JSON.stringify(double(JSON.parse(line)))}\n`);
  if (isFull) await new Promise((resolve) => process.stdout.once('drain', resolve));
}
