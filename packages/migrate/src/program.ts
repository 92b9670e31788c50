/**
 * The sources as one typed program.
 *
 * Decides what an expression is: by its type, never by its name. The libraries are declared by library-types.ts; what is not among the
 * sources is read from disk for its types alone. Parameters of JavaScript functions have no types: those that are given a pool, a handle or
 * an iterator by a call among the sources get a JSDoc comment for the time of the analysis (`HINT`), which no output has.
 */
import { dirname, extname, resolve } from 'node:path';
import ts from 'typescript';
import { kindOf } from './kinds.ts';
import { LIBRARY_FILES, LIBRARY_ROOT, libraryFileOf } from './library-types.ts';

/** A file to be rewritten. */
export interface Source {
  /** Where it is, absolute or from the working directory: decides its language, and what its relative imports mean. */
  readonly path: string;
  readonly text: string;
}

/** A source as it was analysed. */
export interface SourceFile {
  readonly path: string;
  readonly ast: ts.SourceFile;
}

export interface Program {
  readonly checker: ts.TypeChecker;
  readonly files: readonly SourceFile[];
  readonly program: ts.Program;
}

const EXTENSIONS: readonly string[] = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs'];
const HINT = /\/\*\* @type \{[^}]*\} @twinpool-migrate \*\/ /g;
/** More rounds: parameters that are passed on deeper. Each costs one analysis. */
const ROUNDS = 4;

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ESNext,
  lib: ['lib.esnext.d.ts'],
  module: ts.ModuleKind.Preserve,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  jsx: ts.JsxEmit.Preserve,
  allowJs: true,
  checkJs: true,
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  esModuleInterop: true,
  types: [],
};

/** Parsed once a process: the standard library and the libraries' types. */
const parsed = new Map<string, ts.SourceFile>();

/** Whether a file is in a language that is read. */
export function isReadable(path: string): boolean {
  return EXTENSIONS.includes(extname(path)) && !/\.d\.[cm]?ts$/.test(path);
}

/** The text without the hints of the analysis. */
export function withoutHints(text: string): string {
  return text.replace(HINT, '');
}

/** Analyses the sources. Never throws because of what they contain. */
export function analyse(sources: readonly Source[]): Program {
  const texts = new Map(sources.map(({ path, text }) => [resolve(path), text]));
  let program = createProgram(texts);
  for (let round = 0; round < ROUNDS && hint(program, texts); round++) program = createProgram(texts, program);
  const files = sources.flatMap(({ path }) => {
    const ast = program.getSourceFile(resolve(path));
    return ast === undefined ? [] : [{ path, ast }];
  });
  return { checker: program.getTypeChecker(), files, program };
}

/** The errors of the sources' syntax and types, each as a text that does not depend on where it is. */
export function errorsOf({ program, files }: Program): string[] {
  return files.flatMap(({ path, ast }) =>
    [...program.getSyntacticDiagnostics(ast), ...program.getSemanticDiagnostics(ast)].map(
      ({ code, messageText }) => `${path}: TS${code}: ${ts.flattenDiagnosticMessageText(messageText, ' ').slice(0, 300)}`,
    ),
  );
}

function createProgram(texts: ReadonlyMap<string, string>, old?: ts.Program): ts.Program {
  const [first] = texts.keys();
  const types = first === undefined || !hasNodeTypes(dirname(first)) ? [] : ['node'];
  return ts.createProgram({
    rootNames: [...texts.keys(), ...LIBRARY_FILES.keys()],
    options: { ...OPTIONS, types },
    host: hostOf(texts),
    ...(old === undefined ? {} : { oldProgram: old }),
  });
}

function hasNodeTypes(folder: string): boolean {
  const { resolvedTypeReferenceDirective } = ts.resolveTypeReferenceDirective('node', `${folder}/x.ts`, OPTIONS, ts.sys);
  return resolvedTypeReferenceDirective !== undefined;
}

function hostOf(texts: ReadonlyMap<string, string>): ts.CompilerHost {
  const libraries = dirname(ts.getDefaultLibFilePath(OPTIONS));
  const readFile = (path: string) => texts.get(path) ?? LIBRARY_FILES.get(path) ?? ts.sys.readFile(path);
  const fileExists = (path: string) => texts.has(path) || LIBRARY_FILES.has(path) || ts.sys.fileExists(path);
  const resolutionHost: ts.ModuleResolutionHost = { ...ts.sys, fileExists, readFile };
  return {
    getSourceFile(path, languageVersion) {
      const text = texts.get(path);
      if (text !== undefined) return ts.createSourceFile(path, text, languageVersion, true);
      const known = parsed.get(path);
      if (known !== undefined) return known;
      const read = readFile(path);
      if (read === undefined) return undefined;
      const file = ts.createSourceFile(path, read, languageVersion, true);
      if (path.startsWith(LIBRARY_ROOT) || path.startsWith(libraries) || path.includes('/node_modules/')) parsed.set(path, file);
      return file;
    },
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    getDefaultLibLocation: () => libraries,
    getCurrentDirectory: () => process.cwd(),
    getCanonicalFileName: (path) => path,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    writeFile: () => undefined,
    fileExists,
    readFile,
    resolveModuleNameLiterals: (literals, importer) =>
      literals.map(({ text }) => ({ resolvedModule: resolveModule(text, importer, texts, resolutionHost) })),
  };
}

function resolveModule(
  specifier: string,
  importer: string,
  texts: ReadonlyMap<string, string>,
  host: ts.ModuleResolutionHost,
): ts.ResolvedModuleFull | undefined {
  const library = libraryFileOf(specifier);
  if (library !== undefined) return { resolvedFileName: library, extension: '.d.ts', isExternalLibraryImport: false };
  if (specifier.startsWith('.')) {
    const path = resolve(dirname(importer), specifier);
    const candidates = [
      path,
      ...twinsOf(path),
      ...EXTENSIONS.map((extension) => path + extension),
      ...EXTENSIONS.map((extension) => `${path}/index${extension}`),
    ];
    const found = candidates.find((candidate) => texts.has(candidate));
    if (found !== undefined) return { resolvedFileName: found, extension: extname(found), isExternalLibraryImport: false };
  }
  return ts.resolveModuleName(specifier, importer, OPTIONS, host).resolvedModule;
}

/** What a relative path may mean, also one that is appended to `__dirname`. */
export function pathsOf(from: string, text: string): string[] {
  const path = resolve(dirname(from), text.replace(/^\/+/, ''));
  return [path, ...twinsOf(path)];
}

/** What `./x.js` may be the output of. */
function twinsOf(path: string): string[] {
  const match = /\.([cm]?)jsx?$/.exec(path);
  if (match === null) return [];
  const bare = path.slice(0, match.index);
  return match[1] === '' ? [`${bare}.ts`, `${bare}.tsx`] : [`${bare}.${match[1]}ts`];
}

/** Writes hints at untyped parameters that are given something of a library. Returns whether there was anything new. */
function hint(program: ts.Program, texts: Map<string, string>): boolean {
  if (![...texts.keys()].some((path) => /\.[cm]?jsx?$/.test(path))) return false;
  const checker = program.getTypeChecker();
  const hints = new Map<ts.ParameterDeclaration, string>();
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) hintParameters(node, checker, texts, hints);
    ts.forEachChild(node, visit);
  };
  for (const path of texts.keys()) {
    const file = program.getSourceFile(path);
    if (file !== undefined) visit(file);
  }
  const inOrder = [...hints].sort(([a], [b]) => b.getStart() - a.getStart());
  for (const [parameter, type] of inOrder) {
    const { fileName } = parameter.getSourceFile();
    const text = texts.get(fileName) as string;
    const at = parameter.name.getStart();
    texts.set(fileName, `${text.slice(0, at)}/** @type {${type}} @twinpool-migrate */ ${text.slice(at)}`);
  }
  return hints.size > 0;
}

function hintParameters(
  call: ts.CallExpression | ts.NewExpression,
  checker: ts.TypeChecker,
  texts: ReadonlyMap<string, string>,
  hints: Map<ts.ParameterDeclaration, string>,
): void {
  const declaration = checker.getResolvedSignature(call)?.declaration;
  if (
    declaration === undefined ||
    !texts.has(declaration.getSourceFile().fileName) ||
    (declaration.flags & ts.NodeFlags.JavaScriptFile) === 0
  )
    return;
  for (const [i, argument] of (call.arguments ?? []).entries()) {
    const parameter = (declaration.parameters as ts.NodeArray<ts.ParameterDeclaration>)[i];
    if (parameter === undefined || !ts.isParameter(parameter) || !ts.isIdentifier(parameter.name)) continue;
    if ((checker.getTypeAtLocation(parameter).flags & ts.TypeFlags.Any) === 0 || ts.getJSDocType(parameter) !== undefined) continue;
    const type = hintFor(checker.getTypeAtLocation(argument), checker);
    if (type !== undefined) hints.set(parameter, type);
  }
}

function hintFor(type: ts.Type, checker: ts.TypeChecker): string | undefined {
  const kind = kindOf(type, checker);
  if (kind !== undefined) {
    const isGeneric = kind.family === 'handle' || kind.family === 'iterator';
    return kind.isForeign ? undefined : `import("${kind.library}").${kind.name}${isGeneric ? '<any>' : ''}`;
  }
  if (!checker.isArrayType(type)) return undefined;
  const [element] = checker.getTypeArguments(type as ts.TypeReference);
  const inner = element === undefined ? undefined : hintFor(element, checker);
  return inner === undefined ? undefined : `${inner}[]`;
}
