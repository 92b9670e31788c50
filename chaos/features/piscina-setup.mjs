// The task comes of a promise, so that the worker can prepare it.
import { workerData } from 'piscina';

export default Promise.resolve(workerData).then((value) => () => value);
