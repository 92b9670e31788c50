/**
 * Maps a position in compiled text to the file, line and column in the written source.
 *
 *   offset in the text of a function --PositionFinder--> line and column in the script --SourceMaps--> position in the source
 *
 * Invariant: a source map that cannot be read costs only the mapping; the position is then the one in the script.
 * This file does not know what a message says about the position.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TraceMap } from '@jridgewell/trace-mapping';
import { syntaxLibraries } from '../syntax.ts';
import type { Location, Locator, Script } from './locator.ts';

/** Line and column count from 1. */
export interface SourcePosition {
  /** A URL or a path; '' if no file is known. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The identifier at this position, if the source map has the source. */
  readonly identifier?: string | undefined;
}

/** Returns `tasks.ts:12:8`; without a file `line 12, column 8`. */
export function positionText({ file, line, column }: SourcePosition): string {
  return file === '' ? `line ${line}, column ${column}` : `${fileName(file)}:${line}:${column}`;
}

/** Returns the last part of a URL or path, without its query. */
export function fileName(file: string): string {
  return basename(file.replace(/[?#].*$/, ''));
}

/** Returns the path of a `file:` URL, and any other text as it is. */
export function readablePath(file: string): string {
  try {
    return fileURLToPath(file);
  } catch {
    return file;
  }
}

/** Finds source positions in the text of one function. */
export class PositionFinder {
  readonly #text: string;
  readonly #anchor: number;
  readonly #location: Location | undefined;
  readonly #maps: SourceMaps | undefined;

  /** `anchor`: the offset in `text` to which `location` refers. */
  constructor(text: string, anchor: number, location: Location | undefined, maps: SourceMaps | undefined) {
    this.#text = text;
    this.#anchor = anchor;
    this.#location = location;
    this.#maps = maps;
  }

  at(offset: number): SourcePosition {
    const lineStart = this.#text.lastIndexOf('\n', offset - 1) + 1;
    const line = countLines(this.#text, offset) - (this.#location === undefined ? 0 : countLines(this.#text, this.#anchor));
    if (this.#location === undefined) return { file: '', line: line + 1, column: offset - lineStart + 1 };
    // On the line of the anchor the column of the location is added.
    const column = line === 0 ? this.#location.column + offset - this.#anchor : offset - lineStart;
    const position = { script: this.#location.script, line: this.#location.line + line, column: Math.max(0, column) };
    return this.#maps?.original(position) ?? { file: position.script.url, line: position.line + 1, column: position.column + 1 };
  }
}

function countLines(text: string, end: number): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

/** The source maps of scripts. Each map is read once. */
export class SourceMaps {
  readonly #locator: Locator;
  readonly #maps = new Map<string, TraceMap | undefined>();

  constructor(locator: Locator) {
    this.#locator = locator;
  }

  /** Returns the position in the written source, `undefined` for a script without a map. */
  original({ script, line, column }: Location): SourcePosition | undefined {
    if (!script.hasMap) return undefined;
    const map = this.#mapOf(script);
    if (map === undefined) return undefined;
    const { originalPositionFor, sourceContentFor } = syntaxLibraries();
    const found = originalPositionFor(map, { line: line + 1, column });
    if (found.source === null) return undefined;
    const content = sourceContentFor(map, found.source)?.split('\n')[found.line - 1];
    const identifier = content === undefined ? undefined : /^[\p{ID_Start}$_][\p{ID_Continue}$]*/u.exec(content.slice(found.column))?.[0];
    return { file: found.source, line: found.line, column: found.column + 1, identifier };
  }

  /** How many files the script was made of; 0 without a map. */
  sourceCount(script: Script): number {
    return script.hasMap ? (this.#mapOf(script)?.sources.length ?? 0) : 0;
  }

  #mapOf(script: Script): TraceMap | undefined {
    if (this.#maps.has(script.id)) return this.#maps.get(script.id);
    const map = this.#read(script);
    this.#maps.set(script.id, map);
    return map;
  }

  #read(script: Script): TraceMap | undefined {
    try {
      const url = new URL(this.#locator.textOf(script).sourceMapUrl, script.url || undefined);
      // Also a map of sections, as Turbopack writes it.
      return syntaxLibraries().FlattenMap(mapText(url), url.protocol === 'data:' ? script.url : url.href);
    } catch {
      return undefined;
    }
  }
}

function mapText(url: URL): string {
  if (url.protocol !== 'data:') return readFileSync(url, 'utf8');
  const [, encoding = '', data = ''] = /^[^,]*?(;base64)?,(.*)$/s.exec(url.href.slice('data:'.length)) ?? [];
  return encoding === '' ? decodeURIComponent(data) : Buffer.from(data, 'base64').toString('utf8');
}
