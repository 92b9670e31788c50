/**
 * The program that workers run: a thread's or a process's. The build makes one CommonJS file of it that needs no other file, so that it can be
 * started from its text, too (lanes/worker-program.ts).
 *
 *   process                   starts at once; frames come on descriptor 3
 *   thread, by piscina        piscina requires the file and calls the default export with the set-up
 *   thread, without piscina   the set-up is in `workerData`
 *
 * CommonJS also because a thread that is terminated while Node requires an ES module takes the whole program with it (Node 20:
 * "v8::Module::IsGraphAsync must be used on an instantiated module").
 */
import { isMainThread, workerData } from 'node:worker_threads';
import { SETUP, type ThreadSetup } from '../wire/cells.ts';
import { enterWorker } from './ownership.ts';
import { startProcess } from './process.ts';
import { startThread } from './thread.ts';

enterWorker();
const setup = (workerData as { readonly [SETUP]?: ThreadSetup } | null)?.[SETUP];
if (isMainThread) startProcess();
else if (setup !== undefined) void startThread(setup);

export default startThread;
