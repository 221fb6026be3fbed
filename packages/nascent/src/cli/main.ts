#!/usr/bin/env node
import { processContext } from './context.ts';
import { runCli } from './program.ts';

// The controller's engine runs in this process, beside the workers' engines on the same cores. Its OpenMP reads
// this when the engine is loaded, which happens later.
process.env['OMP_WAIT_POLICY'] ??= 'passive';

// `nascent show best | head`: a reader that has read enough is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runCli(process.argv.slice(2), processContext());
