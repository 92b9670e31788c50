/** An executor from its first line to its last: map, submit, shutdown, and the block that shuts it down. */
import { ProcessPoolExecutor } from 'twinpool';
import { square, takes } from './tasks.mjs';

const items = [1, 2, 3, 4];
const executor = new ProcessPoolExecutor({ maxWorkers: 2 });

// map() does not wait, as the article has it. It does not say that all of the input is read by the call: `buffersize` bounds that, in Python
// since 3.14. Each call is a task of its own, and short tasks travel together; in Python they do where `chunksize` says so.
let hasRead = 0;
function* counted() {
  for (const item of items) {
    hasRead += 1;
    yield item;
  }
}
const results = executor.map(square, counted());
console.log(`read by the call: ${hasRead}`);
for await (const result of results) console.log(result);

const future = executor.submit(square, 5);
console.log(future.done(), await future.result(), future.done());
await executor.shutdown();

// The block shuts the executor down, and that waits for what was accepted. In TypeScript, and in JavaScript from Node.js 24 on, it may be written
// `await using executor = new ProcessPoolExecutor(2)`.
let isDone = false;
await ProcessPoolExecutor.use({ maxWorkers: 2 }, (executor) => {
  executor.submit(takes, 50).addDoneCallback(() => {
    isDone = true;
  });
});
console.log(`finished by leaving the block: ${isDone}`);
