/**
 * Builds one typed program from the sources.
 *
 *   sources + library-types.ts + other files on disk (for their types) -> TypeScript program
 *     -> add type hints to untyped parameters of JavaScript functions -> TypeScript program -> ... at most ROUNDS times
 *
 * A parameter gets a hint if a call in the sources passes a pool, a handle or an iterator to it; a variable that is declared without a value, if
 * an assignment does. A hint is a JSDoc comment (`HINT`).
 * Invariant: no output contains a hint. This file does not know what is rewritten.
 */
import { resolve as absolute, dirname, extname } from 'node:path';
import ts from 'typescript';
import { kindOf } from './library-kind.ts';
import { LIBRARY_FILES, LIBRARY_ROOT, libraryFileOf } from './library-types.ts';

/** A file to rewrite. */
export interface Source {
  /** Absolute, or relative to the working directory. It determines the language, and the targets of relative imports. */
  readonly path: string;
  readonly text: string;
}

/** A source and its syntax tree. */
export interface SourceFile {
  readonly path: string;
  readonly ast: ts.SourceFile;
}

export interface Program {
  readonly checker: ts.TypeChecker;
  readonly files: readonly SourceFile[];
  readonly program: ts.Program;
  /** The file that a module specifier in another file refers to. */
  resolve(specifier: string, importer: string): string | undefined;
}

const EXTENSIONS: readonly string[] = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs'];
const HINT = /\/\*\* @type \{[^}]*\} @twinpool-migrate \*\/ /g;
/** The maximum number of rounds. Each round costs one analysis and reaches parameters one call deeper. */
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

/** Parsed once per process: the standard library, packages and the types of the libraries. */
const parsed = new Map<string, ts.SourceFile>();

/** Whether the file is TypeScript or JavaScript, and not a declaration file. */
export function isReadable(path: string): boolean {
  return EXTENSIONS.includes(extname(path)) && !/\.d\.[cm]?ts$/.test(path);
}

/** Removes the hints from a text. */
export function withoutHints(text: string): string {
  return text.replace(HINT, '');
}

/** Analyses the sources. Invalid code does not make it throw. */
export function analyse(sources: readonly Source[], { hasHints = true }: { readonly hasHints?: boolean } = {}): Program {
  const texts = new Map(sources.map(({ path, text }) => [absolute(path), text]));
  let program = createProgram(texts);
  for (let round = 0; hasHints && round < ROUNDS && hint(program, texts); round++) program = createProgram(texts, program);
  const files = sources.flatMap(({ path }) => {
    const ast = program.getSourceFile(absolute(path));
    return ast === undefined ? [] : [{ path, ast }];
  });
  const host: ts.ModuleResolutionHost = {
    ...ts.sys,
    fileExists: (path) => texts.has(path) || ts.sys.fileExists(path),
    readFile: (path) => texts.get(path) ?? ts.sys.readFile(path),
  };
  const resolve = (specifier: string, importer: string) => resolveModule(specifier, importer, texts, host)?.resolvedFileName;
  return { checker: program.getTypeChecker(), files, program, resolve };
}

/** The syntax and type errors of the sources. The texts contain no positions. */
export function errorsOf({ program, files }: Pick<Program, 'program' | 'files'>): string[] {
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
      const cached = parsed.get(path);
      if (cached !== undefined) return cached;
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
    const path = absolute(dirname(importer), specifier);
    const candidates = [
      path,
      ...sourcesOfOutput(path),
      ...EXTENSIONS.map((extension) => path + extension),
      ...EXTENSIONS.map((extension) => `${path}/index${extension}`),
    ];
    const found = candidates.find((candidate) => texts.has(candidate));
    if (found !== undefined) return { resolvedFileName: found, extension: extname(found), isExternalLibraryImport: false };
  }
  return ts.resolveModuleName(specifier, importer, OPTIONS, host).resolvedModule;
}

/** The files that a relative path may refer to, also one that is appended to `__dirname`. */
export function pathsOf(from: string, text: string): string[] {
  const path = absolute(dirname(from), text.replace(/^\/+/, ''));
  return [path, ...sourcesOfOutput(path)];
}

/** The TypeScript sources that may compile to `./x.js`. */
export function sourcesOfOutput(path: string): string[] {
  const match = /\.([cm]?)jsx?$/.exec(path);
  if (match === null) return [];
  const stem = path.slice(0, match.index);
  return match[1] === '' ? [`${stem}.ts`, `${stem}.tsx`] : [`${stem}.${match[1]}ts`];
}

/** Adds hints to untyped parameters that receive a library value. Returns whether it added one. */
function hint(program: ts.Program, texts: Map<string, string>): boolean {
  if (![...texts.keys()].some((path) => /\.[cm]?jsx?$/.test(path))) return false;
  const checker = program.getTypeChecker();
  const hints = new Map<ts.ParameterDeclaration | ts.VariableDeclaration, string>();
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) hintParameters(node, checker, texts, hints);
    else if (ts.isBinaryExpression(node)) hintVariable(node, checker, texts, hints);
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
  hints: Map<ts.ParameterDeclaration | ts.VariableDeclaration, string>,
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

/** `let pool; … pool = new Pool()`. */
function hintVariable(
  { left, right, operatorToken }: ts.BinaryExpression,
  checker: ts.TypeChecker,
  texts: ReadonlyMap<string, string>,
  hints: Map<ts.ParameterDeclaration | ts.VariableDeclaration, string>,
): void {
  const isAssignment = operatorToken.kind === ts.SyntaxKind.EqualsToken || operatorToken.kind === ts.SyntaxKind.QuestionQuestionEqualsToken;
  if (!isAssignment || !ts.isIdentifier(left)) return;
  const declaration = checker.getSymbolAtLocation(left)?.valueDeclaration;
  if (declaration === undefined || !ts.isVariableDeclaration(declaration) || declaration.initializer !== undefined) return;
  if (!texts.has(declaration.getSourceFile().fileName) || (declaration.flags & ts.NodeFlags.JavaScriptFile) === 0) return;
  if (ts.getJSDocType(declaration) !== undefined || hints.has(declaration)) return;
  const type = hintFor(checker.getTypeAtLocation(right), checker);
  if (type !== undefined) hints.set(declaration, `${type} | undefined`);
}

function hintFor(type: ts.Type, checker: ts.TypeChecker): string | undefined {
  const kind = kindOf(type, checker);
  if (kind !== undefined) {
    const isGeneric = kind.family === 'handle' || kind.family === 'iterator';
    return kind.hasOverrides ? undefined : `import("${kind.library}").${kind.name}${isGeneric ? '<any>' : ''}`;
  }
  if (!checker.isArrayType(type)) return undefined;
  const [element] = checker.getTypeArguments(type as ts.TypeReference);
  const inner = element === undefined ? undefined : hintFor(element, checker);
  return inner === undefined ? undefined : `${inner}[]`;
}
