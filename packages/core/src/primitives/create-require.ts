/** Node's own `createRequire`: bundlers put something else in the place of an imported one (webpack). */
import process from 'node:process';

export const createRequire: (path: string | URL) => NodeJS.Require = process.getBuiltinModule('node:module').createRequire;
