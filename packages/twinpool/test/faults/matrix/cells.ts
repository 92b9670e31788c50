/**
 * The crash matrix as a table: fault × phase × class × caller, the expected outcome, and the reason for each impossible cell.
 *
 * It does not know how a cell is played (play.ts). `cellsOf` lists all cells of a kind of worker, or a sample in which
 * each possible pair of fault and phase occurs once, with alternating facades and callers.
 */
import { type FaceName, kindOf } from '../faces.ts';

const DEATHS = ['exit0', 'exit7', 'SIGKILL', 'SIGABRT', 'SIGSEGV', 'OOM'] as const;
/** Nothing but a limit, an abort or a terminate ends these. */
const STUCK = ['SIGSTOP', 'loop', 'block'] as const;
const THROWN = ['null', 'undefined', 'number', 'string', 'object', 'function', 'symbol', 'richError'].map((value) => `throw ${value}`);
export const FAULTS: readonly string[] = [...DEATHS, ...STUCK, ...THROWN];
export const PHASES = [
  'encode args',
  'decode args',
  'import',
  'initializer',
  'run',
  'encode result',
  'decode result',
  'after settle',
  'at retire',
  'at close',
] as const;
export type Phase = (typeof PHASES)[number];
const PLACES = ['directly', 'from a callback'] as const;

export interface Cell {
  readonly fault: string;
  readonly phase: Phase;
  readonly name: FaceName;
  readonly from: (typeof PLACES)[number];
  readonly expected: Expected;
}

export interface Expected {
  /** The texts of outcome-text.ts; several if the order of events is not determined. */
  readonly outcomes: readonly string[];
  /** Fields of the error. */
  readonly fields?: object;
  /** Workers started because of it, at most, beside those that are started anyway. */
  readonly starts: number;
  /** How often its module may be imported; once, unless it is said. */
  readonly imports?: number;
  /** How often the task's body runs. */
  readonly bodies: readonly number[];
  /** What ends the cell, if the fault does not. */
  readonly endedBy?: 'limit' | 'abort' | 'terminate';
  /** A task that follows cannot run, and is aborted. */
  readonly isInTheWay?: boolean;
  /** A warning is due: the error has no other way. */
  readonly warns?: boolean;
}

const isDeath = (fault: string): boolean => (DEATHS as readonly string[]).includes(fault);
const isStuck = (fault: string): boolean => (STUCK as readonly string[]).includes(fault);
export const isThrown = (fault: string): boolean => fault.startsWith('throw');
const isSignal = (fault: string): boolean => fault.startsWith('SIG');

/** Why a cell cannot be; undefined where it can. */
export function impossible(fault: string, phase: Phase, kind: 'process' | 'thread'): string | undefined {
  const isThrow = isThrown(fault);
  if (kind === 'thread' && isSignal(fault)) return 'a signal goes to the whole program: no worker of its own dies of it';
  if (phase === 'encode args' && !isThrow) return 'arguments are encoded in the program itself: that would be its own end';
  if (phase === 'decode args') {
    if (fault === 'throw richError') return undefined; // a value too deep to be read stands in for it
    if (kind === 'process' && isSignal(fault) && fault !== 'SIGSTOP') return undefined; // sent from outside
    if (fault === 'SIGSTOP') return 'a task that never began has no limit that ends it; `after settle` has the case, with an abort';
    return 'no code of the user runs while arguments are decoded';
  }
  if (phase === 'decode result') {
    if (isThrow) return fault === 'throw richError' ? undefined : 'no code of the user runs while a result is decoded';
    return kind === 'thread' ? 'a message of a thread arrives whole or not at all' : undefined;
  }
  return undefined;
}

function ending(fault: string, kind: 'process' | 'thread'): Pick<Expected, 'outcomes' | 'fields'> {
  if (isStuck(fault)) return { outcomes: ['TASK_TIMEOUT'] };
  if (fault === 'exit0' || fault === 'exit7') return { outcomes: ['WORKER_LOST'], fields: { exitCode: Number(fault.slice(-1)) } };
  if (fault === 'OOM') return { outcomes: ['WORKER_LOST'], fields: kind === 'process' ? { signal: 'SIGABRT' } : {} };
  return { outcomes: ['WORKER_LOST'], fields: { signal: fault } };
}

const VALUES: Readonly<Record<string, string>> = {
  'throw null': 'null',
  'throw undefined': 'undefined',
  'throw number': '17',
  'throw string': 'text',
  'throw object': '[object Object]',
  'throw function': 'Error: () => 1',
  'throw symbol': 'Error: Symbol(odd)',
  'throw richError': 'E_RICH',
};

function expectation(fault: string, phase: Phase, name: FaceName): Expected {
  const kind = kindOf(name);
  const bodies = [1];
  const limit = isStuck(fault) ? ({ endedBy: 'limit' } as const) : {};
  switch (phase) {
    case 'encode args':
      return { outcomes: ['TASK_SERIALIZATION'], starts: 0, bodies: [0] };
    case 'decode args':
      if (!isSignal(fault)) return { outcomes: ['TASK_SERIALIZATION'], starts: 0, bodies: [0] };
      // Killed while it reads: what it had not read runs elsewhere.
      return { outcomes: ['WORKER_LOST', '16777216'], starts: 1, bodies: [0, 1] };
    case 'import':
      if (isStuck(fault)) return { outcomes: ['CANCELLED'], starts: 1, bodies: [0], endedBy: 'abort' };
      // Who is killed from outside while a module loads has not begun its task: it is tried elsewhere, three times.
      if (fault === 'SIGKILL') return { ...ending(fault, kind), starts: 4, imports: 4, bodies: [0] };
      return isDeath(fault) ? { ...ending(fault, kind), starts: 1, bodies: [0] } : { outcomes: ['TASK_MODULE'], starts: 0, bodies: [0] };
    case 'initializer': {
      // A killed start does not count as a failure of the initializer for 10 s.
      const endsItself = !isStuck(fault) && fault !== 'SIGKILL';
      if (endsItself) return { outcomes: ['BROKEN'], starts: 6, bodies: [0] };
      const ended = name.endsWith('Executor') ? 'CANCELLED' : 'POOL_TERMINATED';
      return { outcomes: [ended], starts: 20, bodies: [0], endedBy: 'terminate' };
    }
    // What 'run' has under OOM is [F-7], under SIGSTOP [F-17].
    case 'run':
      if (!isDeath(fault) && !isStuck(fault)) return { outcomes: [VALUES[fault] as string], starts: 0, bodies };
      return { ...ending(fault, kind), starts: 1, bodies, ...limit };
    case 'encode result':
      if (!isDeath(fault) && !isStuck(fault)) return { outcomes: ['TASK_SERIALIZATION'], starts: 0, bodies };
      return { ...ending(fault, kind), starts: 1, bodies, ...limit };
    case 'decode result':
      if (!isDeath(fault) && !isStuck(fault)) return { outcomes: ['TASK_SERIALIZATION'], starts: 0, bodies };
      return { ...ending(fault, kind), starts: 1, bodies, ...limit };
    case 'after settle':
      // A thread that loops has begun nothing that has a limit, and gives back what it is given.
      if (fault === 'loop' && kind === 'thread') return { outcomes: ['returned'], starts: 0, bodies, endedBy: 'terminate' };
      return { outcomes: ['returned'], starts: 1, bodies, isInTheWay: isStuck(fault), warns: isThrown(fault) };
    case 'at retire':
    case 'at close':
      return { outcomes: ['returned'], starts: 1, bodies };
  }
}

export interface Impossible {
  readonly fault: string;
  readonly phase: Phase;
  readonly kind: string;
  readonly why: string;
}

const FACES: Readonly<Record<'process' | 'thread', readonly FaceName[]>> = {
  process: ['Pool', 'ProcessPoolExecutor'],
  thread: ['ThreadPool', 'ThreadPoolExecutor'],
};

const KINDS = ['process', 'thread'] as const;

/** Every cell that can be, of both kinds. */
export function allCells(): Cell[][] {
  return PHASES.flatMap((phase) =>
    FAULTS.map((fault) =>
      KINDS.filter((kind) => impossible(fault, phase, kind) === undefined).flatMap((kind) =>
        FACES[kind].flatMap((name) => PLACES.map((from) => ({ fault, phase, name, from, expected: expectation(fault, phase, name) }))),
      ),
    ),
  );
}

/** Each possible pair of fault and phase once, in turn with every class and from every place. */
export function sample(): Cell[] {
  const turns = new Map<string, number>();
  return allCells().flatMap((cells) => {
    const [first] = cells;
    if (first === undefined) return [];
    // By fault, so that each fault meets every class.
    const turn = turns.get(first.fault) ?? FAULTS.indexOf(first.fault);
    turns.set(first.fault, turn + 3);
    return [cells[turn % cells.length] as Cell];
  });
}

export function cellsOf(kind: 'process' | 'thread', all: boolean): Cell[] {
  return (all ? allCells().flat() : sample()).filter(({ name }) => kindOf(name) === kind);
}

/** The cells that cannot be, each with the reason. */
export function reasons(): Impossible[] {
  return PHASES.flatMap((phase) =>
    FAULTS.flatMap((fault) =>
      KINDS.flatMap((kind) => {
        const why = impossible(fault, phase, kind);
        return why === undefined ? [] : [{ fault, phase, kind, why }];
      }),
    ),
  );
}

export function titleOf({ fault, phase, name, from }: Cell): string {
  return `${phase}: ${fault} (${name}, ${from})`;
}
