// Runs one task in a worker process and one in a worker thread, and prints the outcomes.
import { Pool, ThreadPool } from '../../packages/twinpool/dist/index.js';

for (const Kind of [Pool, ThreadPool]) {
  try {
    const pool = new Kind(1);
    console.log(`RESULT ${Kind.name} ${await pool.apply((x) => x + 1, [1])}`);
    pool.terminate();
    await pool.join();
  } catch (error) {
    console.log(`BROKEN ${Kind.name} ${error.message}; cause: ${error.cause?.message}`.replaceAll('\n', ' '));
  }
}
console.log('RAN');
