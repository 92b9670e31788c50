// A forked process that does the minimum: one message in, one message out. With the argument `checked` it checks that JSON keeps its answer.
import { isExactJson } from '../harness/exact-json.mjs';
import * as tasks from './tasks.mjs';

const task = tasks[process.argv[2]];
const isChecked = process.argv[3] === 'checked';
process.on('message', ([id, argument]) => {
  const answer = [id, task(argument)];
  if (isChecked && !isExactJson(answer)) throw new TypeError('expected a result that JSON keeps');
  process.send(answer);
});
process.on('disconnect', () => process.exit());
