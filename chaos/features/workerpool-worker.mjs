// Registers the tasks in a worker of workerpool.
import workerpool from 'workerpool';
import * as tasks from './tasks.mjs';

function emitTwice() {
  for (const message of [1, 2]) workerpool.workerEmit(message);
}

workerpool.worker({ ...tasks, emitTwice }, { onTerminate: tasks.teardown });
