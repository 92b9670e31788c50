// The tasks of the facades' tests, as one module: a cluster runs what its `tasks` module exports. Where two modules have the same name, one gets another.

export * from '@twinpool/testkit/faults';
export { ignoreSigterm as ignoreSigtermAtGate } from '@twinpool/testkit/faults';
export * from '@twinpool/testkit/tasks';
export * from '../../../executor/test/fixtures/tasks.mjs';
export { ignoreSigterm, nested } from '../../../executor/test/fixtures/tasks.mjs';
export * from '../../../pool/test/fixtures/checked.mjs';
export * from '../../../pool/test/fixtures/nested.mjs';
export { nested as nestedPool } from '../../../pool/test/fixtures/nested.mjs';
export * from '../../../pool/test/fixtures/rebuilt.mjs';
export * from '../../../pool/test/fixtures/rows.mjs';
export * from '../../../pool/test/fixtures/values.mjs';
