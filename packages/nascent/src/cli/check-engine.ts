import { availableParallelism } from 'node:os';
import { execa } from 'execa';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import { ownEntry } from '../workers/own-entry.ts';
import { threadsPerWorker, workerEnvironment } from '../workers/worker-environment.ts';
import { advice, type HealthCheck, missing, ok } from './health-check.ts';

const probeSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('loaded'),
    loadMs: z.number(),
    gigaflops: z.number(),
    info: z.object({
      libtorch: z.string(),
      devices: z.array(z.string()),
      cudaKernels: z.boolean().optional(),
      cpuCapability: z.string(),
      blas: z.string(),
      fastBfloat16: z.boolean(),
    }),
  }),
  z.object({ kind: z.literal('failed'), message: z.string() }),
]);
export type EngineProbe = z.infer<typeof probeSchema>;

const setUp = 'Run: npm run setup (in the checkout). It says what is missing and installs it where it may.';

/** Loads the engine in a process of its own and says what it found; a crash there is an answer like another. */
export async function probeEngine(env: NodeJS.ProcessEnv): Promise<EngineProbe> {
  const { options, file } = ownEntry('./engine-probe', import.meta.url);
  const run = await execa(process.execPath, [...options, file], {
    env: { ...env, ...workerEnvironment(availableParallelism()) },
    extendEnv: false,
    reject: false,
    timeout: 120_000,
    killSignal: 'SIGKILL',
  });
  const last = run.stdout.trim().split('\n').at(-1) ?? '';
  try {
    return probeSchema.parse(JSON.parse(last));
  } catch {
    const how = run.timedOut
      ? 'did not load within two minutes'
      : run.signal === undefined
        ? `ended with code ${run.exitCode}`
        : `was ended by ${run.signal}`;
    return { kind: 'failed', message: `the process that loads it ${how}: ${lastWords(run.stderr)}` };
  }
}

/** The line that names the error, where there is one. */
function lastWords(text: string): string {
  const lines = text.trim().split('\n');
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.slice(-3).join(' ');
}

/** What the probe's findings mean: engine, threads, linear algebra, precision, devices. */
export function engineChecks(probe: EngineProbe, env: NodeJS.ProcessEnv): readonly HealthCheck[] {
  if (probe.kind === 'failed') return [missing('engine', probe.message, setUp)];
  const { info, loadMs, gigaflops } = probe;
  const seconds = (loadMs / 1000).toFixed(1);
  return [
    ok(
      'engine',
      `libtorch ${info.libtorch} (${info.cpuCapability}), loaded in ${seconds} s, multiplies right`,
    ),
    threads(env),
    linearAlgebra(info.blas, gigaflops),
    info.fastBfloat16
      ? ok('bfloat16', 'fast on this processor')
      : ok('bfloat16', 'this processor has no instructions for it: float32 is faster here'),
    devices(info.devices, info.cudaKernels ?? true),
  ];
}

function threads(env: NodeJS.ProcessEnv): HealthCheck {
  const cores = availableParallelism();
  const policy = env['OMP_WAIT_POLICY'];
  const found = `${cores} cores; with 1 worker ${threadsPerWorker(1)} engine threads, with ${cores} workers 1 each`;
  if (policy === undefined || policy.toLowerCase() === 'passive') return ok('threads', found);
  return advice(
    'threads',
    `${found}; but OMP_WAIT_POLICY=${policy} is set`,
    'unset OMP_WAIT_POLICY, or set it to passive: OpenMP threads that wait actively fight over the cores',
  );
}

function linearAlgebra(blas: string, gigaflops: number): HealthCheck {
  const found = `${gigaflops.toFixed(0)} GFLOP/s in float32 (${blas})`;
  if (blas !== 'reference') return ok('linear algebra', found);
  const fix = 'install OpenBLAS, which is ten times faster: apt-get install libopenblas0-pthread';
  return advice('linear algebra', found, fix);
}

function devices(found: readonly string[], cudaKernels: boolean): HealthCheck {
  const list = found.join(', ');
  if (found.some((device) => device.startsWith('cuda')) && !cudaKernels)
    return advice(
      'devices',
      `${list}; recurrent cells run there from single operators, many times slower`,
      'their kernels need the NVRTC that a libtorch for CUDA brings: point LIBTORCH at a whole one and run npm run setup',
    );
  if (found.some((device) => device !== 'cpu')) return ok('devices', list);
  return ok('devices', `${list} (for a GPU, point LIBTORCH at a libtorch with CUDA and run npm run setup)`);
}

/** PyTorch is for the tests that compare with it; a search does not need it. */
export async function checkPython(env: NodeJS.ProcessEnv): Promise<HealthCheck> {
  for (const python of [env['NASCENT_PYTHON'], '/usr/bin/python3', 'python3']) {
    if (!python) continue;
    const run = await execa(python, ['-c', 'import torch; print(torch.__version__)'], {
      reject: false,
      timeout: 60_000,
      stdin: 'ignore',
    }).catch((thrown: unknown) => ({ exitCode: 1, stdout: messageOf(thrown) }));
    if (run.exitCode === 0) return ok('PyTorch (for tests)', `${run.stdout.trim()} in ${python}`);
  }
  return advice(
    'PyTorch (for tests)',
    'no python3 imports torch',
    'only the comparison tests need it: apt-get install python3-torch, or name a python with NASCENT_PYTHON',
  );
}
