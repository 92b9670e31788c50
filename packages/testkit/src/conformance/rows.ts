/**
 * The conformance table as data: what CPython's two pools do, what ours do, and what proves it.
 *
 * Rows stand in rows/*.ts as lines `id | verdict | CPython | ours | proof`, under `## headings`. A proof names another row, whose tests prove
 * this one too, or a test as `package/file#words of its title`. Besides, every test whose title has a row's id proves that row. Refuses to
 * know the results of tests: scripts/make-conformance.mjs puts the two together.
 */
import { DEFECT_ROWS } from './rows/defects.ts';
import { EXECUTOR_ROWS } from './rows/executor.ts';
import { POOL_ROWS } from './rows/pool.ts';
import { TEST_ROWS } from './rows/tests.ts';

const VERDICTS = ['same', 'adapted', 'better', 'not applicable'] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Row {
  readonly id: string;
  /** The heading it stands under. */
  readonly section: string;
  readonly verdict: Verdict;
  readonly cpython: string;
  /** What we do; the reason where the row does not apply. */
  readonly ours: string;
  readonly proof: readonly string[];
}

/** Where one proof ends and the next begins; titles have commas, too. */
const BETWEEN_PROOFS = /, (?=(?:[A-Z]+-)+\d+(?:,|$)|[a-z]+\/[\w/-]+#)/;

export const rows: readonly Row[] = [POOL_ROWS, EXECUTOR_ROWS, DEFECT_ROWS, TEST_ROWS].flatMap(parse);

/** CPython's test classes that have nothing to be ported: locks, pipes, queues, managers, shared memory, the fork server. */
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
  if (!isVerdict(verdict) || cpython === '' || ours === '' || rest.length > 0) throw new Error(`no row of the conformance table: ${line}`);
  return { id, section, verdict, cpython, ours, proof: proof === '' ? [] : proof.split(BETWEEN_PROOFS) };
}

function isVerdict(word: string | undefined): word is Verdict {
  return VERDICTS.some((verdict) => verdict === word);
}
