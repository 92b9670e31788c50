// Measures heap bytes: those that waiting tasks hold, and those that calls allocate, garbage included. Bytes vary less than times.
import { GCProfiler } from 'node:v8';

/** Returns the bytes per waiting task. All `count` tasks are submitted in one turn of the event loop. */
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

/** Returns the bytes that this thread allocates per call and its `await`: the growth of the heap plus the bytes that collections freed. */
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
