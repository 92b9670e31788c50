/**
 * Parses the conformance table: the behaviour of CPython's two pools, the behaviour of ours, and the proof.
 *
 *   rows/*.ts, lines `id | verdict | CPython | ours | proof` under `## headings` -> Row[]
 *
 * A proof is the id of another row, whose tests prove this one too, or a test as `package/file#words of its title`. Every test whose title
 * contains the id of a row also proves that row. This file does not know test results: scripts/make-conformance.mjs reads them.
 */
import { DEFECT_ROWS } from './rows/defects.ts';
import { EXECUTOR_ROWS } from './rows/executor.ts';
import { POOL_ROWS } from './rows/pool.ts';
import { TEST_ROWS } from './rows/tests.ts';

const VERDICTS = ['same', 'adapted', 'better', 'not applicable'] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Row {
  readonly id: string;
  /** The heading above the row. */
  readonly section: string;
  readonly verdict: Verdict;
  readonly cpython: string;
  /** Our behaviour, or the reason why the row does not apply. */
  readonly ours: string;
  readonly proof: readonly string[];
}

/** Separates two proofs. Titles contain commas too. */
const BETWEEN_PROOFS = /, (?=(?:[A-Z]+-)+\d+(?:,|$)|[a-z]+\/[\w/-]+#)/;

export const rows: readonly Row[] = [POOL_ROWS, EXECUTOR_ROWS, DEFECT_ROWS, TEST_ROWS].flatMap(parse);

/** The test classes of CPython that are not ported: locks, pipes, queues, managers, shared memory, the fork server. */
export const outOfScope: readonly string[] = [
  'TestInternalDecorators, _TestQueue, TestSimpleQueue',
  '_TestLock, _TestSemaphore, _TestCondition, _TestEvent, _TestBarrier, SemLockTests',
  '_TestValue, _TestArray, _TestContainers, _TestHeap, _TestSharedCTypes, _TestSharedMemory, TestSharedMemoryNames',
  '_TestMyManager, _TestRemoteManager, _TestManagerRestart, TestManagerExceptions, TestSyncManagerTypes',
  '_TestConnection, _TestListener, _TestListenerClient, _TestPoll, _TestPicklingConnections, TestWait, TestTimeouts',
  'TestInvalidHandle, TestInvalidFamily, TestBaseProcessKwargs, OtherTest, ChallengeResponseTest',
  'TestResourceTracker, TestNamedResource',
];

function parse(table: string): Row[] {
  let section = '';
  const parsed: Row[] = [];
  for (const line of table.split('\n')) {
    if (line.startsWith('## ')) section = line.slice(3);
    else if (line !== '') parsed.push(parseRow(line, section));
  }
  return parsed;
}

function parseRow(line: string, section: string): Row {
  const [id = '', verdict, cpython = '', ours = '', proof = '', ...rest] = line.split('|').map((cell) => cell.trim());
  if (!isVerdict(verdict) || cpython === '' || ours === '' || rest.length > 0)
    throw new Error(`invalid row of the conformance table: ${line}`);
  return { id, section, verdict, cpython, ours, proof: proof === '' ? [] : proof.split(BETWEEN_PROOFS) };
}

function isVerdict(word: string | undefined): word is Verdict {
  return VERDICTS.some((verdict) => verdict === word);
}
