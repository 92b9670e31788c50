/**
 * Finds the names of the tasks that a module exports. A worker loads the module: the node itself runs no code of it.
 */
import { TaskModuleError } from '@twinpool/core';
import { CallJob, RuntimeCore, resolveShare, resolveWorkers, taskFunctionOf } from '@twinpool/core/facade';

/** Throws TaskModuleError if the module cannot be loaded, or exports no function. */
export async function taskNamesOf(url: string, kind: 'process' | 'thread'): Promise<Set<string>> {
  const share = resolveShare({}, 'node', 1, undefined);
  const core = new RuntimeCore(resolveWorkers({}, 'node', kind, 1), share, false);
  try {
    const names = await new Promise<string[]>((resolve, reject) => {
      const client = core.openClient({
        name: 'node',
        maxLanes: 1,
        maxQueue: Number.POSITIVE_INFINITY,
        breaksOnLoss: false,
        killGrace: share.killGrace,
        settings: share.settings,
        brokenError: (cause) => new Error('no worker can be started', { cause }),
        closedError: () => new Error('the node ends'),
        readsOn: () => false,
        endedError: (cause) => cause,
      });
      const listener = { jobSettled: (ok: boolean, value: unknown) => (ok ? resolve(value as string[]) : reject(value as Error)) };
      client.submit(new CallJob(taskFunctionOf(LIST), [url], share.settings, listener), 1);
    });
    if (names.length === 0) throw new Error('it exports no function');
    return new Set(names);
  } catch (error) {
    throw new TaskModuleError(`the tasks module ${url} cannot be loaded: ${(error as Error).message}`, { cause: error });
  } finally {
    await core.lifecycle.terminate(() => new Error('the node has listed its tasks'));
  }
}

/** Travels as source, so it refers to nothing outside. The default export of a CommonJS module is its whole `module.exports`. */
const LIST = async (url: string): Promise<string[]> => {
  const module: Record<string, unknown> = await import(url);
  const whole = module['default'];
  const all = typeof whole === 'object' && whole !== null ? { ...(whole as Record<string, unknown>), ...module } : module;
  return Object.keys(all).filter((name) => typeof all[name] === 'function' && /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name));
};
