// Opens the engine below the facades: its jobs, with the least that a caller needs to get a promise.
import { increment } from '../tasks/tasks.mjs';
import { entryOf } from './checkout.mjs';
import { WORKERS } from './settings.mjs';

export async function openCore(kind) {
  const { Attachment, CallJob, MapJob, taskFunctionOf } = await import(entryOf('core/facade'));
  const attachment = Attachment.attach(
    {
      name: 'bench',
      kind,
      count: 'processes',
      startsAtOnce: true,
      brokenError: (_name, cause) => cause,
      closedError: () => new Error('closed'),
      readsOn: () => false,
      endedError: (_name, cause) => cause,
    },
    WORKERS,
  );
  const submit = (jobOf, count) =>
    new Promise((resolve, reject) => {
      attachment.submit(jobOf({ jobSettled: (ok, value) => (ok ? resolve(value) : reject(value)) }), count);
    });
  const call = (fn, args) => submit((listener) => new CallJob(taskFunctionOf(fn), args, attachment.settings, listener), 1);
  const map = (fn, items, chunksize) => {
    const shape = { spread: false, chunksize, mostAtOnce: items.length, onProgress: undefined, shared: undefined };
    return submit((listener) => new MapJob(taskFunctionOf(fn), items, shape, attachment.settings, listener), items.length);
  };
  await Promise.all(Array.from({ length: 4 * WORKERS }, () => call(increment, [1])));
  return { call, map, close: () => attachment.terminate(new Error('the question is over')) };
}
