// Runs one contender of one question in a separate process.
//
//   standard input: "warm" | "round", one per line; its end ends the process      descriptor 3: one JSON line per answer
//
// It does not know the other contenders and the use of its figures.
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

const answer = (message) => writeSync(3, `${JSON.stringify(message)}\n`);
const [questionName, contenderName] = process.argv.slice(2);

try {
  const { default: question } = await import(`../questions/${questionName}.mjs`);
  const contender = await question.contenders[contenderName]();
  answer({ ready: true });
  for await (const order of createInterface({ input: process.stdin })) {
    if (order === 'warm') answer({ metrics: await (contender.warm ?? contender.round)() });
    else if (order === 'round') answer({ metrics: await contender.round() });
  }
  await contender.close?.();
} catch (error) {
  answer({ error: error?.stack ?? String(error) });
}
// Exits in any case: a pool that keeps its program alive must not delay the benchmark.
process.exit();
