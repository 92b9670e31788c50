// A worker of the bare BullMQ loop: its arguments are the engine's URL, the queue, and how many jobs it runs at once.
import { Worker } from 'bullmq';

const [url, queue, concurrency] = process.argv.slice(2);
const worker = new Worker(queue, async ({ data }) => data.map((x) => x + 1), {
  connection: { url, maxRetriesPerRequest: null },
  concurrency: Number(concurrency),
});
await worker.waitUntilReady();
process.send('ready');
