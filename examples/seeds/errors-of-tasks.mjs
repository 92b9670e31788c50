/** The error of a task, raised and as a value, with each API. */
import { Pool, ProcessPoolExecutor } from 'twinpool';
import { parseCount } from './tasks.mjs';

/**
 * @param {string} what
 * @param {unknown} error
 */
const show = (what, error) => console.log(what, error instanceof Error ? `${error.name}: ${error.message}` : error);

await Pool.use(1, async (pool) => {
  // According to the article a pool gives no access to an exception. In Python get() raises it and error_callback is given it; what is missing is
  // a method that returns it. Here exception() is that method.
  const failed = pool.applyAsync(parseCount, ['many'], { errorCallback: (error) => show('errorCallback', error) });
  await failed.get().catch((error) => show('get()', error));
  show('exception()', await failed.exception());

  // Both can report success, but differently: a future has no successful(), and successful() of a pool's result throws before the outcome.
  const good = pool.applyAsync(parseCount, ['3']);
  try {
    good.successful();
  } catch (error) {
    show('too early', error instanceof Error && error.name);
  }
  await good.wait();
  console.log('successful()', good.successful(), failed.successful());
});

await ProcessPoolExecutor.use(1, async (executor) => {
  const future = executor.submit(parseCount, 'few');
  show('exception() of a future', await future.exception());
  await future.result().catch((error) => show('result()', error));
  show('of one that succeeded', await executor.submit(parseCount, '4').exception());
});
