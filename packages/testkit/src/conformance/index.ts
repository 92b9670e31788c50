/** What is known of CPython's two pools: the rows, and the reasons of those that have no test. */
import { notApplicable as ofExecutor } from './executor.ts';
import { notApplicable as ofPool } from './pool.ts';

export { outOfScope, type Row, rows, type Verdict } from './rows.ts';

export const notApplicable: Readonly<Record<string, string>> = { ...ofPool, ...ofExecutor };
