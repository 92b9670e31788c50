// A module that cannot be imported. It counts its evaluations where the environment says.
import { appendFileSync } from 'node:fs';

if (process.env.FAULTS_LOG !== undefined) appendFileSync(process.env.FAULTS_LOG, 'called\n');
throw new Error('this module refuses to load');

export function fine() {}
