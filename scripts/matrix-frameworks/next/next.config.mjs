import { withTwinpool } from '@twinpool/unplugin/next';
export default withTwinpool(
  {
    output: 'standalone',
    outputFileTracingRoot: import.meta.dirname,
    typescript: { ignoreBuildErrors: true },
    distDir: process.env.DIST ?? '.next',
  },
  { tasks: 'lib/*.tasks.mjs' },
);
