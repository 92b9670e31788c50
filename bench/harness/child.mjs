// One contender of one question, in a process of its own. Knows nothing of the others and of what comes of its figures.
// Orders come as lines on standard input ("warm", "round"; its end ends the process), answers leave as JSON lines on descriptor 3.
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
// A pool that does not let go of its program shall not hold up the bench.
process.exit();
