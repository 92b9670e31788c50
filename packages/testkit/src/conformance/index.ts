/** The conformance table: its rows, the reasons for rows without a test, and the tests that are not run on a cluster. */
import { notApplicable as ofExecutor } from './executor.ts';
import { notApplicable as ofPool } from './pool.ts';

export { clusterDifferences } from './cluster.ts';
export { outOfScope, type Row, rows, type Verdict } from './rows.ts';

export const notApplicable: Readonly<Record<string, string>> = { ...ofPool, ...ofExecutor };
