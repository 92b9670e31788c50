// The task comes of a promise, so that the worker can prepare it.
import { Tinypool } from 'tinypool';

export default Promise.resolve(Tinypool.workerData).then((value) => () => value);
