/**
 * Reads the public API from the published declarations of a package: the members of classes and interfaces, and their parameters in order.
 * It knows only the TypeScript syntax that compiled declarations use.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface Declared {
  /** Public members, each with its signatures as `(fn, args?, options?)`; a member that is not a function has none. */
  readonly members: ReadonlyMap<string, ReadonlySet<string>>;
  readonly bases: readonly string[];
}

const PUNCTUATION: Readonly<Record<string, number>> = { '(': 1, '[': 1, '{': 1, '<': 1, ')': -1, ']': -1, '}': -1, '>': -1 };
const HEAD = /^export declare (?:abstract )?(class) (\w+)|^export (interface) (\w+)/gm;

/** All that the packages declare, by name; of functions the signatures are those of a member called as they are. */
export function declarationsOf(packages: readonly string[]): Map<string, Declared> {
  const declared = new Map<string, Declared>();
  // A class whose constructor has type parameters is an interface and a constant: by its name, the type of the constant.
  const constructors = new Map<string, string>();
  for (const name of packages) {
    const folder = dirname(createRequire(import.meta.url).resolve(name));
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
      if (file.endsWith('.d.cts')) read(readFileSync(join(folder, file), 'utf8'), declared, constructors);
  }
  for (const [name, type] of constructors) {
    const { members = new Map(), bases = [] } = declared.get(name) ?? {};
    const ofClass = [...(declared.get(type)?.members ?? [])].filter(([member]) => member !== 'prototype');
    const own = ofClass.map(([member, signatures]) => [member === 'new' ? 'constructor' : `static ${member}`, signatures] as const);
    declared.set(name, { members: new Map([...own, ...members]), bases });
  }
  return declared;
}

/** The members of a type, those of its bases included; its own come first. */
export function membersOf(name: string, declared: ReadonlyMap<string, Declared>): Map<string, ReadonlySet<string>> {
  const type = declared.get(name);
  const members = new Map(type?.members);
  for (const base of type?.bases ?? []) {
    for (const [member, signatures] of membersOf(base, declared)) if (!members.has(member)) members.set(member, signatures);
  }
  return members;
}

function read(file: string, declared: Map<string, Declared>, constructors: Map<string, string>): void {
  const text = file.replace(/\/\*[\s\S]*?\*\//g, '');
  const tuples = new Map(
    [...text.matchAll(/^export type (\w+)<[^;]*?\?\s+(\[[^;]*?\])\s+:/gm)].map(([, name = '', tuple = '']) => [name, tuple]),
  );
  for (const { index, 0: head, 2: ofClass, 4: ofInterface } of text.matchAll(HEAD)) {
    const open = text.indexOf('{', index);
    const heritage = text.slice(index + head.length, open);
    const afterGenerics = heritage.startsWith('<') ? heritage.slice(endOf(heritage, 0) + 1) : heritage;
    const bases = /\bextends (.*?)(?: implements |$)/.exec(afterGenerics.trim())?.[1] ?? '';
    const body = text.slice(open + 1, endOf(text, open));
    // A class and an interface of one name are one type.
    const known = declared.get(ofClass ?? ofInterface ?? '');
    const members = new Map([...(known?.members ?? []), ...readMembers(body, tuples)]);
    declared.set(ofClass ?? ofInterface ?? '', { members, bases: [...(known?.bases ?? []), ...split(bases).map(nameOf)] });
  }
  for (const [, name = '', type = ''] of text.matchAll(/^export declare const (\w+): (\w+Constructor)\b/gm)) constructors.set(name, type);
  for (const [, name = '', rest = ''] of text.matchAll(/^export declare function (\w+)(.*);$/gm)) {
    declared.set(name, { members: readMembers(`${name}${rest};`, tuples), bases: [] });
  }
}

function readMembers(body: string, tuples: ReadonlyMap<string, string>): Map<string, ReadonlySet<string>> {
  const members = new Map<string, Set<string>>();
  for (const member of split(body, ';')) {
    const [, name, rest = ''] = /^(?:abstract |readonly |get )*(static \w+|\w+|\[Symbol\.\w+\])(.*)$/s.exec(member) ?? [];
    if (name === undefined || /^(protected|private) /.test(member)) continue;
    const generics = rest.trimStart();
    const afterGenerics = generics.startsWith('<') ? generics.slice(endOf(generics, 0) + 1) : generics;
    const signatures = members.get(name) ?? new Set();
    if (afterGenerics.startsWith('('))
      signatures.add(`(${parameters(afterGenerics.slice(1, endOf(afterGenerics, 0)), tuples).join(', ')})`);
    members.set(name, signatures);
  }
  return members;
}

/** The names, with `?` and `...`; a rest parameter whose type is a tuple of named elements is those elements. */
function parameters(list: string, tuples: ReadonlyMap<string, string>): string[] {
  return split(list).flatMap((parameter) => {
    const [, name = '', type = ''] = /^((?:\.\.\.)?\w+\??): (.*)$/s.exec(parameter) ?? [];
    if (name === 'this') return [];
    if (!name.startsWith('...')) return [name];
    // Of `TaskRest<T, Rest, Given>` it is `Rest`.
    const [, rest = type] = nameOf(type) === 'TaskRest' ? split(type.slice('TaskRest<'.length, -1)) : [];
    const tuple = rest.startsWith('[') ? rest : tuples.get(nameOf(rest));
    return tuple === undefined ? [name] : parameters(tuple.slice(1, -1), tuples);
  });
}

const nameOf = (type: string): string => /^\w+/.exec(type)?.[0] ?? '';

/** Where the bracket that opens at `open` closes. */
function endOf(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    depth += depthOf(text, at);
    if (depth === 0) return at;
  }
  throw new Error(`no end to ${text.slice(open, open + 80)}`);
}

function split(text: string, separator = ','): string[] {
  const parts: string[] = [];
  let [depth, from] = [0, 0];
  for (let at = 0; at <= text.length; at++) {
    if (at < text.length) depth += depthOf(text, at);
    if (at < text.length && (depth > 0 || text[at] !== separator)) continue;
    parts.push(text.slice(from, at).trim());
    from = at + 1;
  }
  return parts.filter((part) => part !== '');
}

/** The arrow of a function type closes nothing. */
function depthOf(text: string, at: number): number {
  return text[at] === '>' && text[at - 1] === '=' ? 0 : (PUNCTUATION[text[at] ?? ''] ?? 0);
}
