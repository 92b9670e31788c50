/** The conformance table: its rows, and the reasons for rows without a test. */
import { notApplicable as ofExecutor } from './executor.ts';
import { notApplicable as ofPool } from './pool.ts';

export { outOfScope, type Row, rows, type Verdict } from './rows.ts';

export const notApplicable: Readonly<Record<string, string>> = { ...ofPool, ...ofExecutor };
