// A forked process that does the minimum: one message in, one message out.
import * as tasks from './tasks.mjs';

const task = tasks[process.argv[2]];
process.on('message', ([id, argument]) => process.send([id, task(argument)]));
process.on('disconnect', () => process.exit());
