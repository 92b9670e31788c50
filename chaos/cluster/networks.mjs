// Two network namespaces, each on its own link to this one. Wants root and `ip`. `cut` takes the link of one down.
import { spawnSync } from 'node:child_process';

const ip = (...args) => spawnSync('ip', args, { encoding: 'utf8' });

/** Returns `undefined` where namespaces cannot be made. */
export function makeNetworks() {
  const mark = `tp${process.pid % 10_000}`;
  const bridge = `${mark}br`;
  const subnet = `10.${200 + (process.pid % 50)}.${process.pid % 250}`;
  const names = [`${mark}a`, `${mark}b`];
  const end = () => {
    for (const name of names) ip('netns', 'del', name);
    ip('link', 'del', bridge);
  };
  const steps = [
    ['link', 'add', bridge, 'type', 'bridge'],
    ['addr', 'add', `${subnet}.1/24`, 'dev', bridge],
    ['link', 'set', bridge, 'up'],
    ...names.flatMap((name, i) => [
      ['netns', 'add', name],
      ['link', 'add', `${name}h`, 'type', 'veth', 'peer', 'name', `${name}n`],
      ['link', 'set', `${name}n`, 'netns', name],
      ['link', 'set', `${name}h`, 'master', bridge, 'up'],
      ['netns', 'exec', name, 'ip', 'addr', 'add', `${subnet}.${i + 2}/24`, 'dev', `${name}n`],
      ['netns', 'exec', name, 'ip', 'link', 'set', `${name}n`, 'up'],
      ['netns', 'exec', name, 'ip', 'link', 'set', 'lo', 'up'],
    ]),
  ];
  for (const step of steps) {
    if (ip(...step).status === 0) continue;
    end();
    return undefined;
  }
  return {
    host: `${subnet}.1`,
    prefixes: names.map((name) => ['ip', 'netns', 'exec', name]),
    cut: (at) => ip('link', 'set', `${names[at]}h`, 'down'),
    heal: (at) => ip('link', 'set', `${names[at]}h`, 'up'),
    end,
  };
}
