/**
 * Locates a function: its script and position, from the inspector of this thread.
 *
 *   connect --> Runtime.evaluate: a reference to the function --> Runtime.getProperties: [[FunctionLocation]], [[Scopes]] --> disconnect
 *                 '--script unknown--> Debugger.enable, which reports every script of the program, and disable
 *
 * Invariants: a session exists for one request and leaves nothing behind. No user code runs during a request, so a `debugger` statement cannot stop
 * it. Runtimes without this inspector (`--permission`, Bun, Deno) have no Locator.
 * This file does not know what a location is used for.
 */
import type { Session } from 'node:inspector';
import { isAbsolute, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A source text that V8 compiled. `startLine` and `startColumn` are its position in its file. */
export interface Script {
  readonly id: string;
  /** A `file:` URL if Node loaded the script itself; any text or '' for other scripts. */
  readonly url: string;
  readonly isModule: boolean;
  /** The script runs in the main context, not in a context of `node:vm`. */
  readonly isMain: boolean;
  readonly hasMap: boolean;
  readonly startLine: number;
  readonly startColumn: number;
}

/** The position of a function for V8: its parameters; the first character of an arrow function. Line and column count from 0. */
export interface Location {
  readonly script: Script;
  readonly line: number;
  readonly column: number;
}

export interface ScriptText {
  readonly source: string;
  readonly sourceMapUrl: string;
}

/** The parts of the inspector's responses that this file reads. */
interface RemoteObject {
  readonly objectId?: string | undefined;
  readonly description?: string | undefined;
  readonly value?: unknown;
}
interface Property {
  readonly name: string;
  readonly value?: RemoteObject | undefined;
}
interface InspectorResponse {
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
// The function is stored for a moment on a class of Node, which is the same object in every context. The global object is not changed.
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

  /** Returns `undefined` in a runtime without an inspector that responds synchronously. */
  static async open(): Promise<Locator | undefined> {
    try {
      const { Session } = process.getBuiltinModule('node:inspector');
      const locator = new Locator(Session);
      return locator.locate(Locator.open)?.script === undefined ? undefined : locator;
    } catch {
      return undefined;
    }
  }

  /** Returns `undefined` for a function without source: a native or bound function, a proxy. */
  locate(fn: unknown): Location | undefined {
    return this.#withSession((session) => {
      const value = internalProperty(this.#propertiesOf(session, fn), '[[FunctionLocation]]')?.value;
      if (!isPosition(value)) return undefined;
      if (!this.#scripts.has(value.scriptId)) this.#learnScripts(session);
      const script = this.#scripts.get(value.scriptId);
      return script && { script, line: value.lineNumber, column: value.columnNumber };
    });
  }

  /** Returns the names of the scopes around the function: its module and the functions around it, without the globals. */
  namesInScope(fn: unknown): Set<string> {
    return this.#withSession((session) => {
      const names = new Set<string>();
      const scopes = internalProperty(this.#propertiesOf(session, fn), '[[Scopes]]')?.objectId;
      for (const { value } of this.#list(session, scopes)) {
        if (value?.description === 'Global') continue;
        for (const { name } of this.#list(session, value?.objectId)) names.add(name);
      }
      return names;
    });
  }

  /** Returns the script of a file, given as a URL or a path. */
  scriptOf(file: string): Script | undefined {
    const url = isAbsolute(file) ? pathToFileURL(file).href : file;
    // Node encodes fewer characters than `pathToFileURL` in the URL of a path.
    const path = isAbsolute(file) ? pathInUrl(file) : undefined;
    const find = (): Script | undefined =>
      [...this.#scripts.values()].findLast((script) => script.url === url || (path !== undefined && pathOf(script.url) === path));
    return find() ?? this.#withSession((session) => this.#learnScripts(session)) ?? find();
  }

  /** Returns true if the script begins with 'use strict'. */
  isStrict(script: Script): boolean {
    const known = this.#strict.get(script.id);
    if (known !== undefined) return known;
    const strict = PROLOGUE.test(this.textOf(script).source);
    this.#strict.set(script.id, strict);
    return strict;
  }

  /** Returns the text that V8 compiled, with the URL of its source map. The last text is kept. */
  textOf({ id }: Script): ScriptText {
    if (this.#lastText?.id === id) return this.#lastText.text;
    return this.#withSession((session) => {
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

  #withSession<T>(request: (session: Session) => T): T {
    const session = new this.#Session();
    session.connect();
    try {
      return request(session);
    } finally {
      post(session, 'Runtime.releaseObjectGroup', { objectGroup: GROUP });
      session.disconnect();
    }
  }

  #propertiesOf(session: Session, fn: unknown): InspectorResponse | undefined {
    Reflect.set(this.#Session, SLOT, fn);
    try {
      const response = post(session, 'Runtime.evaluate', { expression: SLOT_EXPRESSION, objectGroup: GROUP, silent: true })?.result;
      const objectId = response !== undefined && 'objectId' in response ? response.objectId : undefined;
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

  // The listener only stores data, because it runs inside of Node. Source maps can have megabytes, so they are not kept.
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
 * Returns the path of a CommonJS script as the inspector reports it. The inspector's path went through a URL, which drops tabs and line ends and
 * replaces backslashes. Several paths may give the same one.
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

/** Sends a request. Node responds before `post` returns. In other runtimes the response comes too late, and the result is `undefined`. */
function post(session: Session, method: string, params?: object): InspectorResponse | undefined {
  let response: InspectorResponse | undefined;
  session.post(method, params, (error, result) => {
    if (error === null) response = result as InspectorResponse;
  });
  return response;
}

function internalProperty(response: InspectorResponse | undefined, name: string): RemoteObject | undefined {
  return response?.internalProperties?.find((property) => property.name === name)?.value;
}

interface Position {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

function isPosition(value: unknown): value is Position {
  return typeof value === 'object' && value !== null && 'scriptId' in value && 'lineNumber' in value;
}
