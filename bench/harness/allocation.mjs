// Bytes of the heap: what waits holds, and what is allocated, garbage included. Steadier than any time.
import { GCProfiler } from 'node:v8';

/** Bytes of a task that was given and waits: so many are given in one turn of the loop. */
export async function held(gc, run, count) {
  gc();
  const before = process.memoryUsage();
  const handles = new Array(count);
  for (let i = 0; i < count; i++) handles[i] = run(i);
  gc();
  const after = process.memoryUsage();
  await Promise.all(handles);
  return (after.heapUsed + after.external - before.heapUsed - before.external) / count;
}

/** Bytes allocated on this thread for a call and its await, many at once: what the heap grew by, and what collections took meanwhile. */
export async function allocated(gc, run, count) {
  gc();
  const profiler = new GCProfiler();
  profiler.start();
  const before = process.memoryUsage().heapUsed;
  const handles = new Array(count);
  for (let i = 0; i < count; i++) handles[i] = run(i);
  for (const handle of handles) await handle;
  const after = process.memoryUsage().heapUsed;
  const collected = profiler
    .stop()
    .statistics.reduce((sum, { beforeGC, afterGC }) => sum + beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize, 0);
  return (after - before + collected) / count;
}
