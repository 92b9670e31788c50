/** Starts the engine that all tests of a project share, and stops it after the last one. `TWINPOOL_TEST_ENGINE` names one that runs already. */
import { startEngine } from '@twinpool/testkit/engines';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of the engine; '' where there is none. */
    engine: string;
  }
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env['TWINPOOL_TEST_ENGINE'];
  if (given !== undefined) {
    project.provide('engine', given);
    return undefined;
  }
  const engine = await startEngine('redis');
  project.provide('engine', engine?.url ?? '');
  if (engine === undefined && process.env['TWINPOOL_CLUSTER'] === '1') throw new Error('redis-server was not found on the PATH');
  return engine?.stop;
}
