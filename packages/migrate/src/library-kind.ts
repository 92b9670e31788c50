/**
 * Classifies a type: a facade, a handle or an iterator of one of the libraries, or none of these.
 *
 * The classification follows from the file that declares the type, never from a name in the program. This file does not know how values of a
 * kind are rewritten.
 */
import ts from 'typescript';
import { LIBRARY_ROOT } from './library-types.ts';

/** facade: accepts tasks. handle: one result. iterator: many results. */
export type Family = 'facade' | 'handle' | 'iterator';
export type Api = 'pool' | 'executor' | 'piscina' | 'workerpool' | 'tinypool' | 'jest-worker';

export interface Kind {
  readonly api: Api;
  readonly family: Family;
  /** The name of the class in the library. For a subclass: the name of its base class. */
  readonly name: string;
  /** The library that declares the name. */
  readonly library: string;
  /** Whether a class of the program overrides methods of the library: what these methods do is unknown. */
  readonly hasOverrides: boolean;
}

const KINDS: ReadonlyMap<string, readonly [Api, Family]> = new Map([
  ['twinpool:Pool', ['pool', 'facade']],
  ['twinpool:ThreadPool', ['pool', 'facade']],
  ['twinpool:PoolCalls', ['pool', 'facade']],
  ['twinpool:AsyncResult', ['pool', 'handle']],
  ['twinpool:IMapIterator', ['pool', 'iterator']],
  ['twinpool:Executor', ['executor', 'facade']],
  ['twinpool:ProcessPoolExecutor', ['executor', 'facade']],
  ['twinpool:ThreadPoolExecutor', ['executor', 'facade']],
  ['twinpool:ExecutorCalls', ['executor', 'facade']],
  ['twinpool:Future', ['executor', 'handle']],
  ['twinpool:ResultIterator', ['executor', 'iterator']],
  ['piscina:Piscina', ['piscina', 'facade']],
  ['tinypool:Tinypool', ['tinypool', 'facade']],
  ['jest-worker:Worker', ['jest-worker', 'facade']],
  ['workerpool:Pool', ['workerpool', 'facade']],
  ['workerpool:Pending', ['workerpool', 'handle']],
]);

/** The kind of a type. `undefined` and `null` in a union are ignored; a type parameter has the kind of its constraint. */
export function kindOf(type: ts.Type, checker: ts.TypeChecker): Kind | undefined {
  return find(checker.getNonNullableType(type), checker, 0);
}

function find(type: ts.Type, checker: ts.TypeChecker, depth: number): Kind | undefined {
  if (depth > 4) return undefined;
  if (type.isUnion()) {
    const kinds = type.types.map((member) => find(member, checker, depth + 1));
    const [first] = kinds;
    return kinds.every((kind) => kind !== undefined && kind.api === first?.api && kind.family === first.family) ? first : undefined;
  }
  if (type.isIntersection()) return type.types.map((member) => find(member, checker, depth + 1)).find((kind) => kind !== undefined);
  if (type.flags & ts.TypeFlags.TypeParameter) {
    const bound = checker.getBaseConstraintOfType(type);
    return bound === undefined || bound === type ? undefined : find(bound, checker, depth + 1);
  }
  const { symbol } = type;
  if (symbol === undefined) return undefined;
  const library = libraryOf(symbol);
  if (library !== undefined) {
    if (!(symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface)) || isConstructor(type)) return undefined;
    const entry = KINDS.get(`${library}:${symbol.name}`);
    return entry === undefined ? undefined : { api: entry[0], family: entry[1], name: symbol.name, library, hasOverrides: false };
  }
  if (!(symbol.flags & ts.SymbolFlags.Class) || isConstructor(type)) return undefined;
  for (const base of checker.getBaseTypes(checker.getDeclaredTypeOfSymbol(symbol) as ts.InterfaceType)) {
    const kind = find(base, checker, depth + 1);
    if (kind !== undefined) return { ...kind, hasOverrides: kind.hasOverrides || overrides(symbol, base) };
  }
  return undefined;
}

/** Whether the type is `typeof Pool`, which has the same symbol as `Pool`. The value of `module.exports = new Pool()` has an anonymous type, too. */
function isConstructor(type: ts.Type): boolean {
  return ((type as ts.ObjectType).objectFlags & ts.ObjectFlags.Anonymous) !== 0 && type.getConstructSignatures().length > 0;
}

function overrides(symbol: ts.Symbol, base: ts.Type): boolean {
  return [...(symbol.members?.keys() ?? [])].some((name) => name !== '__constructor' && base.getProperty(name as string) !== undefined);
}

/** The library that declares a symbol: `twinpool`, or the name of another library. */
export function libraryOf(symbol: ts.Symbol): string | undefined {
  const file = symbol.declarations?.[0]?.getSourceFile().fileName;
  return file?.startsWith(LIBRARY_ROOT) ? file.slice(LIBRARY_ROOT.length, -'.d.ts'.length) : undefined;
}

/** Whether a property of a facade has the same name and meaning in both APIs. */
export function isSharedProperty(kind: Kind, name: string): boolean {
  return kind.family === 'facade' && (name === 'stdout' || name === 'stderr');
}
