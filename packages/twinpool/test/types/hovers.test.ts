/** What editors show: of a method, the public class that it belongs to; of a value, its public type. */
import { join } from 'node:path';
import ts from 'typescript-6.0';
import { expect, test } from 'vitest';
import { Project } from './project.ts';

/** Code, the name in it that is looked at, and what is shown. */
const HOVERS: readonly (readonly [code: string, name: string, shown: RegExp])[] = [
  ['new Pool(2).apply((x: number) => x, [1])', 'apply', /^\(method\) Pool\.apply</],
  ['new ThreadPool(2).map((x: number) => x, [1])', 'map', /^\(method\) Pool\.map</],
  ['new Pool().close()', 'close', /^\(method\) Pool\.close\(/],
  ['new Pool().stats()', 'stats', /^\(method\) Pool\.stats\(/],
  ['new Pool().withOptions({}).imap((x: number) => x, [1])', 'imap', /^\(method\) (PoolCalls|Pool)?\.?imap</],
  ['new ProcessPoolExecutor().submit((x: number) => x, 1)', 'submit', /^\(method\) ProcessPoolExecutor\.submit</],
  ['new ThreadPoolExecutor().map((x: number) => x, [1])', 'map', /^\(method\) Executor\.map</],
  ['new ThreadPoolExecutor().shutdown()', 'shutdown', /^\(method\) Executor\.shutdown\(/],
  ['new ThreadPoolExecutor().stats()', 'stats', /^\(method\) ThreadPoolExecutor\.stats\(/],
  ['new Future<number>().result()', 'result', /^\(method\) Future<number>\.result\(/],
  ['new Future<number>().then()', 'then', /^\(method\) Future<number>\.then</],
  ['new Future<number>().catch()', 'catch', /^\(method\) Future<number>\.catch</],
  ['new Future<number>().finally()', 'finally', /^\(method\) Future<number>\.finally\(/],
  ['new Pool().applyAsync((x: number) => x, [1]).get()', 'get', /^\(method\) AsyncResult<number>\.get\(/],
  ['new Pool().imap((x: number) => x, [1]).next()', 'next', /^\(method\) IMapIterator<number>\.next\(/],
  ['new WorkerRuntime().stats()', 'stats', /^\(method\) WorkerRuntime\.stats\(/],
  ['new WorkerRuntime().kind', 'kind', /^\(property\) WorkerRuntime\.kind: "process" \| "thread" \| "inline" \| "cluster"$/],
];

test('editors name public classes, and show a docstring', () => {
  const lines = HOVERS.map(([code]) => `void ${code};`);
  const head = "import { Future, Pool, ProcessPoolExecutor, ThreadPool, ThreadPoolExecutor, WorkerRuntime } from 'twinpool';\n";
  const text = head + lines.join('\n');
  using project = new Project({ 'hovers.ts': text });
  const file = join(project.folder, 'hovers.ts');
  const { config } = ts.readConfigFile(join(project.folder, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, project.folder);
  const service = ts.createLanguageService({
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    readDirectory: ts.sys.readDirectory,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
    getCompilationSettings: () => options,
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot: (name) => {
      const content = ts.sys.readFile(name);
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
    },
    getCurrentDirectory: () => project.folder,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
  });
  let start = head.length;
  for (const [i, [code, name, shown]] of HOVERS.entries()) {
    const info = service.getQuickInfoAtPosition(file, start + (lines[i] as string).lastIndexOf(`.${name}`) + 1);
    expect.soft(ts.displayPartsToString(info?.displayParts), code).toMatch(shown);
    expect.soft(ts.displayPartsToString(info?.documentation), `${code} is documented`).not.toBe('');
    start += (lines[i] as string).length + 1;
  }
  service.dispose();
});
