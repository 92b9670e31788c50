/**
 * Makes the first message of each worker of a runtime: its number and name, and what all of them get.
 *
 * `initargs`, `finalargs` and `workerData` are packed once, when the runtime is made, so a value that cannot be sent is an OptionsError there. `perWorker` is called
 * for each worker. It does not know when a worker is started.
 */
import { OptionsError } from '../errors.ts';
import type { PerWorkerOptions } from '../options/options.ts';
import { optionsOfWorker } from '../options/per-worker.ts';
import type { ResolvedWorkers } from '../options/resolve-options.ts';
import { messageOf } from '../primitives/message-of.ts';
import { scopeHere } from '../primitives/user-code.ts';
import type { TaskFunction } from '../tasks/task-function.ts';
import { AS_BYTES, type PackedValue, type WorkerSetup } from '../wire/messages.ts';
import { isPrimitive } from '../wire/pack-runs.ts';
import { Packer, PLAIN, SEPARATE } from '../wire/packer.ts';
import { depthHere } from '../worker/ownership.ts';
import type { TransportFactory } from './transport.ts';

/** What one worker is started with. */
export interface StartSettings {
  readonly setup: WorkerSetup;
  /** What `perWorker` gave to this worker. */
  readonly only: PerWorkerOptions;
  /** Why the worker cannot be started: `perWorker` threw, or returned a bad value. */
  readonly fault: { readonly error: unknown } | undefined;
}

/** Without a prototype: a polluted Object.prototype gives a worker nothing. */
const NOTHING: PerWorkerOptions = Object.freeze(Object.create(null) as PerWorkerOptions);

/** Returns a function that makes what a worker is started with. `initializer` and `finalizer` are found before the first call. */
export function workerSetups(
  workers: ResolvedWorkers,
  initializer: TaskFunction | undefined,
  finalizer: TaskFunction | undefined,
  capabilities: TransportFactory['capabilities'],
): (id: number, index: number) => StartSettings {
  const { inspector, kind, namePrefix, maxPayloadBytes, startTimeout, modules, perWorker, slots } = workers;
  const scope = perWorker === undefined ? undefined : scopeHere();
  const packer = new Packer({ ...capabilities, maxPayloadBytes });
  const initargs = packed(packer, workers.initargs ?? [], 'initargs');
  const finalargs = packed(packer, workers.finalargs ?? [], 'finalargs');
  const workerData = packed(packer, workers.workerData, 'workerData');
  return (id, index) => {
    // From 0, as Python counts them.
    const name = `${namePrefix}_${id - 1}`;
    let only = NOTHING;
    let ownData: PackedValue | undefined;
    let fault: StartSettings['fault'];
    try {
      if (perWorker !== undefined && scope !== undefined) only = optionsOfWorker(perWorker, { id, index, name }, workers, scope);
      if (only.workerData !== undefined) ownData = packed(packer, only.workerData, 'perWorker: workerData');
    } catch (error) {
      fault = { error };
    }
    const setup: WorkerSetup = {
      workerId: id,
      workerIndex: index,
      workerName: name,
      kind,
      inspector: inspector === undefined || kind !== 'process' ? undefined : { port: inspector.port + index, wait: inspector.wait },
      depth: depthHere() + 1,
      workerData: ownData ?? workerData,
      preload: modules,
      initializer: initializer?.descriptor,
      initargs,
      finalizer: finalizer?.descriptor,
      finalargs,
      maxPayloadBytes,
      maxMemory: workers.maxMemoryPerChild,
      startTimeout,
      polls: workers.polls,
      ...(slots > 1 ? { slots } : {}),
    };
    return { setup, only, fault };
  };
}

function packed(packer: Packer, value: unknown, name: string): PackedValue {
  if (isPrimitive(value) && typeof value !== 'string' && typeof value !== 'bigint') return [0, value];
  let problem = 'it can only be moved, and there is more than one worker';
  try {
    packer.pack(value, name);
    if (packer.form !== SEPARATE) return [packer.form === PLAIN ? 0 : AS_BYTES, packer.value];
  } catch (error) {
    problem = messageOf(error);
  }
  throw new OptionsError(`${name} cannot be sent to workers: ${problem}`, [{ path: name, message: problem }]);
}
