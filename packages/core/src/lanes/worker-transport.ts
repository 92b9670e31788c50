/**
 * Chooses the transport for a kind of worker, and passes on what its workers inherit from this program.
 *
 * This is the only file that asks which kind of worker an option means. A runtime whose workers are elsewhere brings another factory.
 */

import process from 'node:process';
import { NotSupportedError } from '../errors.ts';
import type { ResolvedWorkers } from '../options/resolve-options.ts';
import { memoryFlags, workerProgram } from '../options/worker-environment.ts';
import type { Clock } from '../primitives/clock.ts';
import { prepareForLocalCalls } from '../tasks/task-function.ts';
import { HAS_SERIALIZER } from '../wire/value-bytes.ts';
import { BufferSpace } from './buffer-space.ts';
import { INLINE_CAPABILITIES, InlineTransport } from './inline-transport.ts';
import { openOwnInspector } from './inspectors.ts';
import { reaperEnds } from './orphan-reaper.ts';
import type { OutputStreams } from './output-streams.ts';
import { PROCESS_CAPABILITIES, ProcessTransport } from './process-transport.ts';
import { THREAD_CAPABILITIES, ThreadTransport } from './thread-transport.ts';
import type { TransportFactory } from './transport.ts';

/** `output`: where the workers print to, with `stdio: 'pipe'`. */
export function transportsFor(workers: ResolvedWorkers, output: OutputStreams | undefined): TransportFactory {
  switch (workers.kind) {
    case 'inline':
      return inline();
    case 'thread':
      return threads(workers, output);
    case 'process':
      return processes(workers, output);
    case 'cluster':
      throw new NotSupportedError("workers of kind 'cluster' are started on other machines: use BullmqRuntime.connect()");
  }
}

/** Node itself prints no address of the inspector: the worker's standard error may go elsewhere. */
const NOT_PRINTED = '--inspect-publish-uid=http';

function inline(): TransportFactory {
  prepareForLocalCalls();
  return {
    isHere: true,
    capabilities: INLINE_CAPABILITIES,
    make: (context) => new InlineTransport(context),
    afterWorkers: () => undefined,
  };
}

function threads(workers: ResolvedWorkers, output: OutputStreams | undefined): TransportFactory {
  const { argv = [], resourceLimits, polls } = workers;
  const { inspector } = workers;
  const debuggerPort = inspector === undefined ? undefined : openOwnInspector(inspector);
  const limits = resourceLimits as Record<string, number> | undefined;
  return {
    capabilities: THREAD_CAPABILITIES,
    make: (context) => {
      const { only } = context;
      const { env, execArgv } = workerProgram('thread', workers, process, only);
      return new ThreadTransport(context, {
        env,
        argv: [...argv, ...(only.argv ?? [])],
        execArgv,
        resourceLimits: limits,
        output,
        debuggerPort,
        polls,
      });
    },
    afterWorkers: () => undefined,
  };
}

function processes(workers: ResolvedWorkers, output: OutputStreams | undefined): TransportFactory {
  const { argv = [], resourceLimits, stdio = 'inherit', execPath = process.execPath, directory } = workers;
  let bufferSpace: BufferSpace | undefined;
  return {
    capabilities: PROCESS_CAPABILITIES,
    make: (context) => {
      const { only } = context;
      const { env, execArgv, cwd } = workerProgram('process', workers, process, only);
      bufferSpace ??= bufferSpaceFor(workers, context.clock);
      return new ProcessTransport(context, {
        env,
        argv: [...argv, ...(only.argv ?? [])],
        execArgv: [...execArgv, ...memoryFlags(resourceLimits), ...(workers.inspector === undefined ? [] : [NOT_PRINTED])],
        execPath,
        cwd,
        directory: directory ?? (cwd === undefined ? undefined : process.cwd()),
        stdio,
        output,
        bufferSpace,
      });
    },
    afterWorkers: reaperEnds,
  };
}

/** Without a folder that the user has named, only Linux has a memory file system. Other runtimes than Node hand no descriptors over. */
function bufferSpaceFor({ bufferFolder, bufferLimit, size }: ResolvedWorkers, clock: Clock): BufferSpace | undefined {
  const isNode = process.versions['bun'] === undefined && process.versions['deno'] === undefined && HAS_SERIALIZER;
  if (bufferFolder === false || !isNode || (bufferFolder === undefined && process.platform !== 'linux')) return undefined;
  return new BufferSpace({ folder: bufferFolder, limit: bufferLimit, workers: size }, clock);
}
