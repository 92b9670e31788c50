/** The shared helpers of the tests. vitest loads `@twinpool/testkit/leak-check` for every test file. */
export { block } from './blocking.ts';
export { FakeClock, useFakeClock } from './fake-clock.ts';
export { type Arrival, Gate, makeGate } from './gates.ts';
export { type InlineRows, inlineRows } from './inline-rows.ts';
export { failure, limitFor, type Outcome, outcome, PATIENCE, until, within } from './outcomes.ts';
export { childrenOf, commandOf, isRunning } from './processes.ts';
export { Program, type ProgramEnd, runNode, runProgram } from './programs.ts';
export { type Scenario, scenarios } from './scenarios.ts';
export { provideTestCluster, type TestCluster, testCluster } from './test-cluster.ts';
