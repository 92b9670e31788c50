// The tasks of question `worth`: one function per run time, because our pools measure run times per function. Each returns its argument.
import { stepsIn } from '../harness/work.mjs';
import { spin } from './tasks.mjs';

const TEN = stepsIn(10);
const HUNDRED = stepsIn(100);
const MILLISECOND = stepsIn(1_000);
const TEN_MILLISECONDS = stepsIn(10_000);

export function at0(payload) {
  return payload;
}

export function at10(payload) {
  spin(TEN);
  return payload;
}

export function at100(payload) {
  spin(HUNDRED);
  return payload;
}

export function at1000(payload) {
  spin(MILLISECOND);
  return payload;
}

export function at10000(payload) {
  spin(TEN_MILLISECONDS);
  return payload;
}
