/** Which lane a kind of worker needs, and what its workers inherit of this program. The only place that asks for the kind. */

import type { ResolvedWorkers } from '../options/resolve-options.ts';
import { memoryFlags, workerProgram } from '../options/worker-environment.ts';
import type { Lane, LaneHost, LaneOptions } from './lane.ts';
import { ProcessLane } from './process-transport.ts';
import { ThreadLane } from './thread-transport.ts';

export { reaperEnds as watchEnds } from './orphan-reaper.ts';

export function makeWorkerLane(host: LaneHost, options: LaneOptions, workers: ResolvedWorkers): Lane {
  const { kind, argv = [], maxPayloadBytes, resourceLimits } = workers;
  const { env, execArgv, cwd } = workerProgram(kind, workers);
  if (kind === 'thread') {
    return new ThreadLane(host, options, {
      env,
      argv,
      execArgv,
      resourceLimits: resourceLimits as Record<string, number> | undefined,
      maxPayloadBytes,
    });
  }
  const flags = [...execArgv, ...memoryFlags(resourceLimits)];
  return new ProcessLane(host, options, { env, argv, execArgv: flags, cwd, stdio: workers.stdio ?? 'inherit', maxPayloadBytes });
}
