// The plain loop from file to file, as fast as a short program gets: node map-loop-file.mjs IN OUT
import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import double from '../tasks/map-command.mjs';

const [, , from, to] = process.argv;
const output = createWriteStream(to);
for await (const line of createInterface({ input: createReadStream(from) })) {
  const isFull = !output.write(`${JSON.stringify(double(JSON.parse(line)))}\n`);
  if (isFull) await new Promise((resolve) => output.once('drain', resolve));
}
output.end();
