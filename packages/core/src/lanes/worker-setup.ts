/**
 * Makes the first message of each worker of a runtime: its number and name, and what all of them get.
 *
 * `initargs` and `workerData` are packed once, when the runtime is made, so a value that cannot be sent is an OptionsError there. It does not know
 * when a worker is started.
 */
import { OptionsError } from '../errors.ts';
import type { ResolvedWorkers } from '../options/resolve-options.ts';
import { messageOf } from '../primitives/message-of.ts';
import type { TaskFunction } from '../tasks/task-function.ts';
import { AS_BYTES, type PackedValue, type WorkerSetup } from '../wire/messages.ts';
import { isPrimitive } from '../wire/pack-runs.ts';
import { Packer, PLAIN, SEPARATE } from '../wire/packer.ts';
import { depthHere } from '../worker/ownership.ts';
import type { TransportFactory } from './transport.ts';

/** Returns a function that makes the setup of worker `id`. `initializer` is found before the first call. */
export function workerSetups(
  workers: ResolvedWorkers,
  initializer: TaskFunction | undefined,
  capabilities: TransportFactory['capabilities'],
): (id: number) => WorkerSetup {
  const { kind, namePrefix, maxPayloadBytes, startTimeout } = workers;
  const packer = new Packer({ ...capabilities, maxPayloadBytes });
  const initargs = packed(packer, workers.initargs ?? [], 'initargs');
  const workerData = packed(packer, workers.workerData, 'workerData');
  return (id) => ({
    workerId: id,
    // From 0, as Python counts them.
    workerName: `${namePrefix}_${id - 1}`,
    kind,
    depth: depthHere() + 1,
    workerData,
    initializer: initializer?.descriptor,
    initargs,
    maxPayloadBytes,
    startTimeout,
  });
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
