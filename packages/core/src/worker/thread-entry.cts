/**
 * What piscina loads. It tries `require()` first, and a thread that is terminated while Node requires an ES module takes the whole program
 * with it (Node 20: "v8::Module::IsGraphAsync must be used on an instantiated module"); so that is given a script, which imports.
 */
module.exports = async (setup: unknown): Promise<void> => {
  const { default: install } = await import('./thread.js');
  await install(setup as Parameters<typeof install>[0]);
};
