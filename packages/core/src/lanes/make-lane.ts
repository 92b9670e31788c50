/** Which lane a kind of worker needs, and what its workers inherit of this program. The only place that asks for the kind. */
import type { Lane, LaneHost, LaneOptions } from '../lane.ts';
import type { ResolvedWorkers } from '../options.ts';
import { memoryFlags, workerProgram } from '../worker-environment.ts';
import { ProcessLane } from './process.ts';
import { ThreadLane } from './thread.ts';

export { reaperEnds as watchEnds } from './reaper.ts';

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
