// Tests a program that runs with tsx: functions are found in their real files, and positions refer to the source.
import { beforeAll, expect, test } from 'vitest';
import { fixtures, type Outcome, outcomesOf, placeOf } from './programs.ts';

let of: (label: string) => Outcome;

beforeAll(async () => {
  of = await outcomesOf(['--import', import.meta.resolve('tsx'), 'ts/main.ts']);
});

test.each([
  ['exported', { exportName: 'base' }, 'b3'],
  ['async', { exportName: 'late' }, '13'],
  ['default', { exportName: 'default' }, 6],
  ['static', { exportName: 'Shape', member: 'area' }, 5],
  ['checked', { exportName: 'area', parsed: true }, 11],
])('%s: by reference', (label, reference, value) => {
  expect(of(label).descriptor).toMatchObject({ kind: 'module', url: new URL('ts/tasks.ts', fixtures).href, ...reference });
  expect(of(label).descriptor.confirm).toBeUndefined();
  expect(of(label).value).toBe(value);
});

test('inline: by source, with the name helpers of esbuild', () => {
  expect(of('inline').descriptor).toMatchObject({ kind: 'source', identities: ['__name'] });
  expect(of('inline').name).toBe(`<anonymous ${placeOf('ts/main.ts', '(x: number) => {\n        const inner').replace(/:\d+$/, '')}>`);
  expect(of('inline').value).toBe(2);
});

test('refusals have the written name, line and column', () => {
  const { message } = of('closure').error;
  expect(message).toContain(`\`factor\` (${placeOf('ts/main.ts', 'factor;\n')})`);
  expect(message).toContain(`\`tasks\` (${placeOf('ts/main.ts', 'tasks.pure(scaled)')})`);
  expect(of('not exported').error.message).toContain(`\`offset\` (${placeOf('ts/tasks.ts', 'offset;\n}\nexport const hiddenOne')})`);
});
