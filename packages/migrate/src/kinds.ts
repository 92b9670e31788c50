/**
 * What a type is to a rewrite: a facade, a view of one, a handle, or an iterator of one of the libraries.
 *
 * Decides it by where the type was declared. Refuses to know what is done about it.
 */
import ts from 'typescript';
import { LIBRARY_ROOT } from './library-types.ts';

/** facade: takes work. handle: one result. iterator: many. */
export type Family = 'facade' | 'handle' | 'iterator';
export type Api = 'pool' | 'executor' | 'piscina' | 'workerpool';

export interface Kind {
  readonly api: Api;
  readonly family: Family;
  /** The name in the library, of a subclass that of its base. */
  readonly name: string;
  /** The module whose declarations have the name. */
  readonly library: string;
  /** A class of the user's that overrides methods of the library's: nobody knows what they do. */
  readonly isForeign: boolean;
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
  ['workerpool:Pool', ['workerpool', 'facade']],
  ['workerpool:Pending', ['workerpool', 'handle']],
]);

/** What a type is, if it is anything: `undefined`s and nulls of a union, and type parameters' bounds are looked through. */
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
    const known = KINDS.get(`${library}:${symbol.name}`);
    return known === undefined ? undefined : { api: known[0], family: known[1], name: symbol.name, library, isForeign: false };
  }
  if (!(symbol.flags & ts.SymbolFlags.Class) || isConstructor(type)) return undefined;
  for (const base of checker.getBaseTypes(checker.getDeclaredTypeOfSymbol(symbol) as ts.InterfaceType)) {
    const kind = find(base, checker, depth + 1);
    if (kind !== undefined) return { ...kind, isForeign: kind.isForeign || overrides(symbol, base) };
  }
  return undefined;
}

/** `typeof Pool` has the same symbol as `Pool`. */
function isConstructor(type: ts.Type): boolean {
  return ((type as ts.ObjectType).objectFlags & ts.ObjectFlags.Anonymous) !== 0;
}

function overrides(symbol: ts.Symbol, base: ts.Type): boolean {
  return [...(symbol.members?.keys() ?? [])].some((name) => name !== '__constructor' && base.getProperty(name as string) !== undefined);
}

/** The library that a symbol was declared in: `twinpool`, `piscina` or `workerpool`. */
export function libraryOf(symbol: ts.Symbol): string | undefined {
  const file = symbol.declarations?.[0]?.getSourceFile().fileName;
  return file?.startsWith(LIBRARY_ROOT) ? file.slice(LIBRARY_ROOT.length, -'.d.ts'.length) : undefined;
}
