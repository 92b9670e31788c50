import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runNode } from '@twinpool/testkit';
import { describe, expect, it } from 'vitest';

const folder = new URL('../', import.meta.url);
const COMMAND = fileURLToPath(new URL('dist/command.js', folder));

async function command(...args: string[]): Promise<{ code: number | null; output: string; errors: string }> {
  const program = runNode([COMMAND, ...args], folder);
  const { code } = await program.end(30_000);
  return { code, output: program.output, errors: program.errors };
}

describe('the twinpool command', () => {
  it.each(['--version', '-v'])('%s', async (option) => {
    const { version } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as { version: string };
    expect(await command(option)).toEqual({ code: 0, output: `${version}\n`, errors: '' });
  });

  it.each(['--help', '-h'])('%s', async (option) => {
    const { code, output, errors } = await command(option);
    expect([code, errors]).toEqual([0, '']);
    expect(output).toMatch(/^Usage: twinpool <command>[\s\S]*--version/);
  });

  it.each([
    [[], 'twinpool: no command is given\n'],
    [['migrat'], 'twinpool: there is no command migrat; did you mean migrate?\n'],
    [['--verison'], 'twinpool: there is no option --verison; did you mean --version?\n'],
    [['paint'], 'twinpool: there is no command paint\n'],
    [['constructor'], 'twinpool: there is no command constructor\n'],
    [['migrate', '--wirte'], 'Did you mean --write?\n'],
  ])('%j is misuse', async (args, text) => {
    const { code, output, errors } = await command(...args);
    expect([code, output]).toEqual([2, '']);
    expect(errors).toContain(text);
    expect(errors).toContain('Usage: twinpool');
  });
});
