/**
 * Where a function was written: its script and position, asked of the inspector of this very thread.
 *
 * Decides how the inspector is used so that it costs little and leaves nothing behind: a session lives for one question, the
 * debugger is enabled only to learn of scripts not yet known (that replays every script of the program), and no user code runs
 * in between, so a `debugger` statement cannot stop us. Refuses to know what the answer is for.
 *
 * Runtimes without this inspector (`--permission`, Bun, Deno) answer `undefined`.
 */
import type { Session } from 'node:inspector';
import { isAbsolute, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A piece of source that V8 compiled. Line and column of `start` are where its text lies in its file. */
export interface Script {
  readonly id: string;
  /** A `file:` URL for what Node loaded itself; anything, or '', for others. */
  readonly url: string;
  readonly isModule: boolean;
  /** Compiled in the context that the program runs in, not in one of `node:vm`. */
  readonly isMain: boolean;
  readonly hasMap: boolean;
  readonly startLine: number;
  readonly startColumn: number;
}

/** Where V8 sees the start of a function: of its parameters, for an arrow function of all of it. Both count from 0. */
export interface Location {
  readonly script: Script;
  readonly line: number;
  readonly column: number;
}

export interface ScriptText {
  readonly source: string;
  readonly sourceMapUrl: string;
}

/** What is read of the inspector's answers. */
interface RemoteObject {
  readonly objectId?: string | undefined;
  readonly description?: string | undefined;
  readonly value?: unknown;
}
interface Property {
  readonly name: string;
  readonly value?: RemoteObject | undefined;
}
interface Answer {
  readonly result?: RemoteObject | readonly Property[] | undefined;
  readonly internalProperties?: readonly Property[] | undefined;
  readonly scriptSource?: string | undefined;
}
interface ParsedScript {
  readonly params: {
    readonly scriptId: string;
    readonly url: string;
    readonly embedderName?: string | undefined;
    readonly hasSourceURL?: boolean | undefined;
    readonly isModule?: boolean | undefined;
    readonly sourceMapURL?: string | undefined;
    readonly startLine: number;
    readonly startColumn: number;
    readonly executionContextAuxData?: { readonly isDefault?: boolean | undefined } | undefined;
  };
}

const GROUP = 'twinpool';
// The slot hangs on a class of Node's own, which is the same object in every context; the program's global object stays clean.
const SLOT = Symbol.for('twinpool.slot');
const SLOT_EXPRESSION = `process.getBuiltinModule('node:inspector').Session[Symbol.for('twinpool.slot')]`;

const PROLOGUE = /^(?:\s|\/\/.*|\/\*[\s\S]*?\*\/|#!.*)*(?:'use strict'|"use strict")/;

export class Locator {
  readonly #Session: typeof Session;
  readonly #scripts = new Map<string, Script>();
  readonly #strict = new Map<string, boolean>();
  #lastText: { readonly id: string; readonly text: ScriptText } | undefined = undefined;

  private constructor(SessionClass: typeof Session) {
    this.#Session = SessionClass;
  }

  /** `undefined` where this runtime has no inspector that answers at once. */
  static async open(): Promise<Locator | undefined> {
    try {
      const { Session } = await import('node:inspector');
      const locator = new Locator(Session);
      return locator.locate(Locator.open)?.script === undefined ? undefined : locator;
    } catch {
      return undefined;
    }
  }

  /** `undefined` for what has no source: native and bound functions, proxies. */
  locate(fn: unknown): Location | undefined {
    return this.#ask((session) => {
      const value = internalProperty(this.#propertiesOf(session, fn), '[[FunctionLocation]]')?.value;
      if (!isPosition(value)) return undefined;
      if (!this.#scripts.has(value.scriptId)) this.#learnScripts(session);
      const script = this.#scripts.get(value.scriptId);
      return script && { script, line: value.lineNumber, column: value.columnNumber };
    });
  }

  /** Names that the function can see between its own and the global ones: of its module and of the functions around it. */
  namesInScope(fn: unknown): Set<string> {
    return this.#ask((session) => {
      const names = new Set<string>();
      const scopes = internalProperty(this.#propertiesOf(session, fn), '[[Scopes]]')?.objectId;
      for (const { value } of this.#list(session, scopes)) {
        if (value?.description === 'Global') continue;
        for (const { name } of this.#list(session, value?.objectId)) names.add(name);
      }
      return names;
    });
  }

  /** The script of a file (URL or path) among those that were met. */
  scriptOf(file: string): Script | undefined {
    const url = isAbsolute(file) ? pathToFileURL(file).href : file;
    // The URL that Node makes of a path has fewer characters encoded.
    const path = isAbsolute(file) ? pathInUrl(file) : undefined;
    const find = (): Script | undefined =>
      [...this.#scripts.values()].findLast((script) => script.url === url || (path !== undefined && pathOf(script.url) === path));
    return find() ?? this.#ask((session) => this.#learnScripts(session)) ?? find();
  }

  /** Whether the script begins with 'use strict'. */
  isStrict(script: Script): boolean {
    const known = this.#strict.get(script.id);
    if (known !== undefined) return known;
    const strict = PROLOGUE.test(this.textOf(script).source);
    this.#strict.set(script.id, strict);
    return strict;
  }

  /** The text that V8 compiled, with the address of its source map. The last one asked for is kept. */
  textOf({ id }: Script): ScriptText {
    if (this.#lastText?.id === id) return this.#lastText.text;
    return this.#ask((session) => {
      let sourceMapUrl = '';
      session.on('Debugger.scriptParsed', ({ params }: ParsedScript) => {
        if (params.scriptId === id) sourceMapUrl = params.sourceMapURL ?? '';
      });
      post(session, 'Debugger.enable');
      const source = post(session, 'Debugger.getScriptSource', { scriptId: id })?.scriptSource ?? '';
      post(session, 'Debugger.disable');
      const text = { source, sourceMapUrl };
      this.#lastText = { id, text };
      return text;
    });
  }

  #ask<T>(question: (session: Session) => T): T {
    const session = new this.#Session();
    session.connect();
    try {
      return question(session);
    } finally {
      post(session, 'Runtime.releaseObjectGroup', { objectGroup: GROUP });
      session.disconnect();
    }
  }

  #propertiesOf(session: Session, fn: unknown): Answer | undefined {
    Reflect.set(this.#Session, SLOT, fn);
    try {
      const answer = post(session, 'Runtime.evaluate', { expression: SLOT_EXPRESSION, objectGroup: GROUP, silent: true })?.result;
      const objectId = answer !== undefined && 'objectId' in answer ? answer.objectId : undefined;
      return objectId === undefined ? undefined : post(session, 'Runtime.getProperties', { objectId, ownProperties: true });
    } finally {
      Reflect.deleteProperty(this.#Session, SLOT);
    }
  }

  #list(session: Session, objectId: string | undefined): readonly Property[] {
    if (objectId === undefined) return [];
    const result = post(session, 'Runtime.getProperties', { objectId, ownProperties: true })?.result;
    return Array.isArray(result) ? result : [];
  }

  // The listener does nothing but store: it runs in the middle of Node's own machinery. Source maps can be megabytes: not kept.
  #learnScripts(session: Session): void {
    session.on('Debugger.scriptParsed', ({ params }: ParsedScript) => {
      this.#scripts.set(params.scriptId, {
        id: params.scriptId,
        url: params.embedderName || (params.hasSourceURL ? '' : params.url),
        isModule: params.isModule === true,
        isMain: params.executionContextAuxData?.isDefault === true,
        hasMap: params.sourceMapURL !== undefined && params.sourceMapURL !== '',
        startLine: params.startLine,
        startColumn: params.startColumn,
      });
    });
    post(session, 'Debugger.enable');
    post(session, 'Debugger.disable');
  }
}

/**
 * The path as the inspector knows it, of a CommonJS script: it has gone through a URL, which has neither tabs nor ends of lines, and no backslashes.
 * Several paths may give the same one.
 */
export function pathInUrl(path: string): string {
  const shown = path.replace(/[\t\n\r]/g, '');
  return sep === '/' ? shown.replaceAll('\\', '/') : shown;
}

function pathOf(url: string): string | undefined {
  try {
    return url.startsWith('file:') ? fileURLToPath(url) : undefined;
  } catch {
    return undefined;
  }
}

/** In Node a question to one's own thread is answered before `post` returns; elsewhere the answer comes too late: undefined. */
function post(session: Session, method: string, params?: object): Answer | undefined {
  let answer: Answer | undefined;
  session.post(method, params, (error, result) => {
    if (error === null) answer = result as Answer;
  });
  return answer;
}

function internalProperty(answer: Answer | undefined, name: string): RemoteObject | undefined {
  return answer?.internalProperties?.find((property) => property.name === name)?.value;
}

interface Position {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

function isPosition(value: unknown): value is Position {
  return typeof value === 'object' && value !== null && 'scriptId' in value && 'lineNumber' in value;
}
