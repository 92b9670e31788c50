/**
 * One function of the user, as the rest of core sees it: an id, a name, and the descriptor with which a worker finds it.
 *
 *   pending --found---> found       `descriptor` says how a worker finds the function
 *      |
 *      '----refused---> refused     `error` says why the function cannot be a task; nothing of it is ever sent
 *
 * Invariants: only `#settle` changes the state. Function objects that are the same inline function share one TaskFunction or one id, so that an
 * inline function in a loop is sent and compiled once. `taskFunctionOf` never throws.
 * This file does not know how a function is found (discovery/find-task.ts).
 */
import { PayloadTooLargeError, TaskSerializationError, type TwinpoolError } from '../errors.ts';
import { RunTimeEstimate } from '../primitives/run-time-estimate.ts';
import { type CheckedParts, checkedParts, parseArguments } from './definition/checked-task.ts';
import { keepLocalTasks, keepsLocalTasks, localDescriptor } from './definition/local-task.ts';
import { sourceBytes, type TaskDescriptor } from './definition/task-descriptor.ts';
import { type AnyFunction, isReference, ownName, referenceFault, type TaskReference } from './definition/task-reference.ts';
import { findTask, positionKeyOf } from './discovery/find-task.ts';
import { hooksFor } from './discovery/program-hooks.ts';
import { cannotBeSent, notATask, quickRefusal } from './discovery/quick-refusals.ts';

let lastId = 0;

/** `holder`: `this` of the calls, where it is known. `error` with a descriptor: only workers in the calling thread can run the function. */
type Outcome =
  | { readonly descriptor: TaskDescriptor; readonly holder?: unknown }
  | { readonly error: TwinpoolError; readonly descriptor?: TaskDescriptor };

export class TaskFunction {
  /** Only `#settle` changes the state. */
  #state: 'pending' | 'found' | 'refused' = 'pending';
  #id = 0;
  #name: string;
  #descriptor: TaskDescriptor | undefined = undefined;
  #error: TwinpoolError | undefined = undefined;
  /** Bytes of source text in the descriptor, which is sent once to each worker. */
  #bytes = 0;
  /** Checked tasks only: returns the parsed arguments; throws or rejects with TaskValidationError. */
  readonly parseArguments: ((args: readonly unknown[]) => unknown[] | Promise<unknown[]>) | undefined;
  /** Resolves after the state has left `pending`. Never rejects. */
  readonly settled: Promise<void>;
  /** The measured run times. */
  runTimes: RunTimeEstimate = new RunTimeEstimate();

  constructor(name: string, parts: CheckedParts | undefined, outcome: Outcome | Promise<Outcome>) {
    this.#name = name;
    this.parseArguments = parts && ((args) => parseArguments(parts, args, this.#name));
    if (outcome instanceof Promise) this.settled = outcome.then((value) => this.#settle(value));
    else {
      this.#settle(outcome);
      this.settled = SETTLED;
    }
  }

  get state(): 'pending' | 'found' | 'refused' {
    return this.#state;
  }
  /** A small number, assigned on first use; equal for function objects that are the same inline function. */
  get id(): number {
    if (this.#id === 0) this.#id = ++lastId;
    return this.#id;
  }
  /** The name for error messages: `square`, `Class.method`, `<anonymous tasks.js:12>`. */
  get name(): string {
    return this.#name;
  }
  get descriptor(): TaskDescriptor | undefined {
    return this.#descriptor;
  }
  get error(): TwinpoolError | undefined {
    return this.#error;
  }

  /**
   * Returns why the function cannot run in workers with this payload limit, `undefined` if it can. Call it only after `settled`. `isHere`: the workers are
   * in the calling thread.
   */
  faultFor(maxPayloadBytes: number, isHere = false): TwinpoolError | undefined {
    if (isHere && this.#error !== undefined && this.#descriptor !== undefined) return undefined;
    if (this.#bytes <= maxPayloadBytes) return this.#error;
    const size = `its source takes ${this.#bytes} bytes, more than maxPayloadBytes (${maxPayloadBytes}); export it`;
    return new PayloadTooLargeError(cannotBeSent(`\`${this.#name}\``, size));
  }

  /** Shares the id and run times of `other`, the same inline function that was met first, so that workers use what they have of `other`. */
  becomes(other: TaskFunction): void {
    if (this.#id === 0) this.#id = other.id;
    this.runTimes = other.runTimes;
  }

  #settle(outcome: Outcome): void {
    if ('error' in outcome) {
      this.#error = outcome.error;
      this.#descriptor = outcome.descriptor;
      this.#state = 'refused';
      return;
    }
    this.#descriptor = outcome.descriptor;
    this.#name = outcome.descriptor.name;
    this.#bytes = sourceBytes(outcome.descriptor);
    this.#state = 'found';
  }
}

const SETTLED: Promise<void> = Promise.resolve();

/** Functions and references by identity: the only lookup on the hot path. */
let known = new WeakMap<object, TaskFunction>();

/** From now on workers in the calling thread can call the functions that become tasks. */
export function prepareForLocalCalls(): void {
  if (!keepLocalTasks()) return;
  // Those that are known were not kept.
  known = new WeakMap();
  inline.clear();
}

/** Returns the task of a value that a user passed; the same task for the same function. A value that cannot be a task is `refused`. */
export function taskFunctionOf(task: unknown): TaskFunction {
  if ((typeof task !== 'function' && typeof task !== 'object') || task === null) return refused('<not a function>', notATask(task));
  return known.get(task) ?? remember(task, make(task));
}

function remember(task: object, made: TaskFunction): TaskFunction {
  known.set(task, made);
  return made;
}

function make(task: object): TaskFunction {
  try {
    if (typeof task === 'function') return ofFunction(task as AnyFunction);
    return isReference(task) ? ofReference(task) : refused('<not a function>', notATask(task));
  } catch (error) {
    // Every read of a proxy may throw.
    return refused('<anonymous>', UNFINDABLE, error);
  }
}

const UNFINDABLE: string = cannotBeSent('This function', 'looking it up failed (see the cause)');

function refused(name: string, why: string, cause?: unknown): TaskFunction {
  return new TaskFunction(name, undefined, { error: new TaskSerializationError(why, { cause }) });
}

/** All references to one export are one task. It is kept as long as a reference or a job holds it. */
const references = new Map<string, WeakRef<TaskFunction>>();
const unreferenced = new FinalizationRegistry<string>((key) => {
  if (references.get(key)?.deref() === undefined) references.delete(key);
});

function ofReference(reference: TaskReference): TaskFunction {
  const fault = referenceFault(reference);
  const { url, exportName: path } = reference;
  if (fault !== undefined) return refused(path, fault);
  const key = `${url} ${path}`;
  const [exportName = '', ...members] = path.split('.');
  const member = members.length === 0 ? undefined : members.join('.');
  const name = path === 'default' ? `default of ${url.replace(/[?#].*$/, '').replace(/^.*\//, '')}` : path;
  const first = references.get(key)?.deref();
  if (first !== undefined) return first;
  const made = new TaskFunction(name, undefined, {
    descriptor: { kind: 'module', name, url, exportName, member, hooks: hooksFor(url, false) },
  });
  references.set(key, new WeakRef(made));
  unreferenced.register(made, key);
  return made;
}

/**
 * Inline functions by text, so that a function in a loop is one task. A text without outer names identifies the function. Any other text does so
 * together with its source position, because the same name may mean something else at another position. The newest entry is last.
 */
const inline = new Map<string, Inline>();
/** The most texts. More would hold the sources of a program that makes functions without end; fewer would send some functions again. */
const MOST_INLINE = 1_000;

interface Inline {
  readonly made: TaskFunction;
  sharedBy: 'text' | 'position' | 'nothing' | 'not yet known';
}

function ofFunction(task: AnyFunction): TaskFunction {
  const text = Function.prototype.toString.call(task);
  const fault = quickRefusal(task, text);
  const name = nameForMessages(ownName(task));
  if (fault !== undefined) {
    const error = new TaskSerializationError(cannotBeSent(name === '' ? 'This function' : `\`${name}\``, fault));
    return new TaskFunction(name, undefined, keepsLocalTasks() ? refusedElsewhere(task, error) : { error });
  }
  const parts = checkedParts(task);
  // A function with the same text is not the same function where it is called as it is.
  if (parts !== undefined || keepsLocalTasks()) return new TaskFunction(name || '<anonymous>', parts, search(task, NOT_SHARED));
  const key = `${name} ${text}`;
  const first = inline.get(key);
  if (first === undefined) return searched(task, name, key);
  if (first.sharedBy === 'not yet known') return follow(first, task, name, key);
  return sameAs(first, task, key) ?? searched(task, name, key);
}

/** Returns the name for messages. The name that `bind` gives a function without a name counts as ''. */
function nameForMessages(name: string): string {
  return /^(?:bound )*\s*$/.test(name) ? '' : name;
}

/** Returns the inline function that `task` is the same as, `undefined` if it is another one. */
function sameAs(first: Inline, task: AnyFunction, key: string): TaskFunction | undefined {
  if (first.sharedBy === 'text') return first.made;
  const position = first.sharedBy === 'position' ? positionKeyOf(task) : undefined;
  return position === undefined ? undefined : inline.get(`${position} ${key}`)?.made;
}

/** Makes the TaskFunction of the first function with this text. */
function searched(task: AnyFunction, name: string, key: string): TaskFunction {
  const entry: Inline = {
    sharedBy: 'not yet known',
    made: new TaskFunction(
      name || '<anonymous>',
      undefined,
      search(task, (sharedBy) => {
        entry.sharedBy = sharedBy ?? 'nothing';
        const position = sharedBy === 'position' ? positionKeyOf(task) : undefined;
        if (position !== undefined) keep(`${position} ${key}`, entry);
        if (entry.sharedBy === 'nothing' && inline.get(key) === entry) inline.delete(key);
      }),
    ),
  };
  if (!inline.has(key)) keep(key, entry);
  return entry.made;
}

/** Makes the TaskFunction of a second function with the same text while the first is searched: it waits, and then shares or is searched too. */
function follow(first: Inline, task: AnyFunction, name: string, key: string): TaskFunction {
  const outcome = first.made.settled.then((): Outcome | Promise<Outcome> => {
    const same = sameAs(first, task, key);
    if (same?.descriptor === undefined) return search(task, NOT_SHARED);
    made.becomes(same);
    return { descriptor: same.descriptor };
  });
  const made = new TaskFunction(name || '<anonymous>', undefined, outcome);
  return made;
}

function keep(key: string, entry: Inline): void {
  inline.set(key, entry);
  if (inline.size <= MOST_INLINE) return;
  const [oldest] = inline.keys();
  if (oldest !== undefined) inline.delete(oldest);
}

type OnShared = (sharedBy: 'text' | 'position' | undefined) => void;
const NOT_SHARED: OnShared = () => {};

async function search(task: AnyFunction, onShared: OnShared): Promise<Outcome> {
  try {
    const found = await findTask(task);
    onShared('sharedBy' in found ? found.sharedBy : undefined);
    if (keepsLocalTasks()) return kept(task, found);
    return 'refusal' in found ? { error: new TaskSerializationError(found.refusal) } : found;
  } catch (error) {
    onShared(undefined);
    // The failure says nothing about the function (for example, no file descriptor was free to load the parser): the next call searches again.
    known.delete(task);
    return { error: new TaskSerializationError(UNFINDABLE, { cause: error }) };
  }
}

function kept(task: AnyFunction, found: Awaited<ReturnType<typeof findTask>>): Outcome {
  if ('refusal' in found) return refusedElsewhere(task, new TaskSerializationError(found.refusal));
  return { descriptor: localDescriptor(found.descriptor, { fn: task, holder: found.holder }) };
}

/** A mock stands for a function that can be sent: of refused functions, it alone runs in the calling thread. */
function refusedElsewhere(task: AnyFunction, error: TaskSerializationError): Outcome {
  if (!isMock(task)) return { error };
  const name = ownName(task) || 'mock';
  const descriptor: TaskDescriptor = {
    kind: 'source',
    name,
    source: '',
    base: import.meta.url,
    line: 1,
    column: 1,
    strict: true,
    imports: false,
    identities: [],
    counters: [],
  };
  return { error, descriptor: localDescriptor(descriptor, { fn: task, holder: undefined }) };
}

/** `vi.fn()`, `jest.fn()` and `mock.fn()` of `node:test` have `mock`, the fakes of Sinon `isSinonProxy`. */
function isMock(task: AnyFunction): boolean {
  const { mock, isSinonProxy } = task as { readonly mock?: unknown; readonly isSinonProxy?: unknown };
  return (typeof mock === 'object' && mock !== null) || isSinonProxy === true;
}
