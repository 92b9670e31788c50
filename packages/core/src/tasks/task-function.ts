/**
 * One user function as the rest of core knows it: an id, a name, and whether it was found.
 *
 *   pending --found--> found       how a worker finds it is known (descriptor)
 *      |
 *      +----refused--> refused     it cannot be a task (error); nothing of it is ever sent
 *
 * `#settle` makes the only move. Decides which function objects are the same task, so that an inline function in a loop is sent
 * and compiled once. Refuses to know how functions are found (find.ts), and never throws.
 */
import { PayloadTooLargeError, TaskSerializationError, type TwinpoolError } from '../errors.ts';
import { RunTimeEstimate } from '../primitives/run-time-estimate.ts';
import { type CheckedParts, checkedParts, parseArguments } from './definition/checked-task.ts';
import { sourceBytes, type TaskDescriptor } from './definition/task-descriptor.ts';
import { type AnyFunction, isReference, ownName, referenceFault, type TaskReference } from './definition/task-reference.ts';
import { findTask, positionKeyOf } from './discovery/find-task.ts';
import { cannotBeSent, notATask, quickRefusal } from './discovery/quick-refusals.ts';

let lastId = 0;

type Outcome = { readonly descriptor: TaskDescriptor } | { readonly error: TwinpoolError };

export class TaskFunction {
  /** pending -> found, pending -> refused; moved by `#settle` only. */
  #state: 'pending' | 'found' | 'refused' = 'pending';
  #id = 0;
  #name: string;
  #descriptor: TaskDescriptor | undefined = undefined;
  #error: TwinpoolError | undefined = undefined;
  /** Bytes of source text in the descriptor: what is sent once to each worker. */
  #bytes = 0;
  /** Checked tasks only: the arguments as the handler takes them; throws or rejects with TaskValidationError. */
  readonly parseArguments: ((args: readonly unknown[]) => unknown[] | Promise<unknown[]>) | undefined;
  /** Resolves when the state leaves `pending`; never rejects. */
  readonly settled: Promise<void>;
  /** What was measured of it. */
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
  /** Small and increasing; equal for function objects that are one inline function. Given on first use. */
  get id(): number {
    if (this.#id === 0) this.#id = ++lastId;
    return this.#id;
  }
  /** For messages: `square`, `Class.method`, `<anonymous tasks.js:12>`. */
  get name(): string {
    return this.#name;
  }
  get descriptor(): TaskDescriptor | undefined {
    return this.#descriptor;
  }
  get error(): TwinpoolError | undefined {
    return this.#error;
  }

  /** Why it cannot run in workers that take so many bytes at once; `undefined` when it can. Not asked while it is `pending`. */
  faultFor(maxPayloadBytes: number): TwinpoolError | undefined {
    if (this.#bytes <= maxPayloadBytes) return this.#error;
    const size = `its source takes ${this.#bytes} bytes, more than maxPayloadBytes (${maxPayloadBytes})`;
    return new PayloadTooLargeError(cannotBeSent(`\`${this.#name}\``, size));
  }

  /** This is the same inline function as `other`, which was met first: what a worker has of that one serves this one. */
  becomes(other: TaskFunction): void {
    if (this.#id === 0) this.#id = other.id;
    this.runTimes = other.runTimes;
  }

  #settle(outcome: Outcome): void {
    if ('error' in outcome) {
      this.#error = outcome.error;
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

/** Functions and references by identity: the only look-up on the hot path. */
const known = new WeakMap<object, TaskFunction>();

/**
 * The task that stands for what a user passed, the same one for the same function. Never throws: what cannot be a task is
 * `refused` with the reason.
 */
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
    // A proxy may throw whatever is asked of it.
    return refused('<anonymous>', UNFINDABLE, error);
  }
}

const UNFINDABLE: string = cannotBeSent('This function', 'looking it up failed');

function refused(name: string, why: string, cause?: unknown): TaskFunction {
  return new TaskFunction(name, undefined, { error: new TaskSerializationError(why, { cause }) });
}

/** References to one export are one task, however many objects there are; it is kept as long as one of them, or a job, is. */
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
  const made = new TaskFunction(name, undefined, { descriptor: { kind: 'module', name, url, exportName, member } });
  references.set(key, new WeakRef(made));
  unreferenced.register(made, key);
  return made;
}

/**
 * Inline functions by text, so that one written in a loop is one task. A text that uses no name from outside says everything;
 * any other says it together with its place, since the same name may mean something else there. Most recently made last.
 */
const inline = new Map<string, Inline>();
/** Texts kept. More would hold on to the sources of a program that makes functions without end, fewer would send some again. */
const MOST_INLINE = 1_000;

interface Inline {
  readonly made: TaskFunction;
  sharedBy: 'text' | 'position' | 'nothing' | 'not yet known';
}

function ofFunction(task: AnyFunction): TaskFunction {
  const text = Function.prototype.toString.call(task);
  const fault = quickRefusal(task, text);
  const name = spokenName(ownName(task));
  if (fault !== undefined) return refused(name, cannotBeSent(name === '' ? 'This function' : `\`${name}\``, fault));
  const parts = checkedParts(task);
  if (parts !== undefined) return new TaskFunction(name || '<anonymous>', parts, search(task, NOT_SHARED));
  const key = `${name} ${text}`;
  const first = inline.get(key);
  if (first === undefined) return searched(task, name, key);
  if (first.sharedBy === 'not yet known') return follow(first, task, name, key);
  return sameAs(first, task, key) ?? searched(task, name, key);
}

/** What `bind` calls a function without a name is not a name either. */
function spokenName(name: string): string {
  return /^(?:bound )*\s*$/.test(name) ? '' : name;
}

/** The inline function that `task` is one of, if its text was met. */
function sameAs(first: Inline, task: AnyFunction, key: string): TaskFunction | undefined {
  if (first.sharedBy === 'text') return first.made;
  const position = first.sharedBy === 'position' ? positionKeyOf(task) : undefined;
  return position === undefined ? undefined : inline.get(`${position} ${key}`)?.made;
}

/** The first of its text. */
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

/** Another of the same text while the first is being looked for: it waits, and is the same if the text says so. */
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
    return 'refused' in found ? { error: new TaskSerializationError(found.refused) } : found;
  } catch (error) {
    onShared(undefined);
    // It says nothing about the function (no descriptor was free to load the parser, say): the next call looks again.
    known.delete(task);
    return { error: new TaskSerializationError(UNFINDABLE, { cause: error }) };
  }
}
