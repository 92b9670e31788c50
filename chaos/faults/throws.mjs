// A module that throws when it is imported. It counts its evaluations in the file that the environment names.
import { appendFileSync } from 'node:fs';

if (process.env.FAULTS_LOG !== undefined) appendFileSync(process.env.FAULTS_LOG, 'called\n');
throw new Error('this module refuses to load');

export function fine() {}
