// Registers the tasks in a worker of poolifier. A lower number of `priority` goes first.
import { ThreadWorker } from 'poolifier';
import * as tasks from './tasks.mjs';

export default new ThreadWorker({ ...tasks, urgent: { taskFunction: tasks.note, priority: -10 } }, { killHandler: tasks.teardown });
