import { spawnSync } from 'node:child_process';

/**
 * A Python that imports torch: the first of NASCENT_PYTHON, /usr/bin/python3 and python3.
 * @returns null where there is none, except in CI, where that is a failure
 */
export function pythonWithTorch(): string | null {
  const named = process.env['NASCENT_PYTHON'];
  const candidates = [...(named ? [named] : []), '/usr/bin/python3', 'python3'];
  const found = candidates.find((path) => spawnSync(path, ['-c', 'import torch']).status === 0);
  if (found !== undefined) return found;
  if (process.env['CI'] === 'true') {
    throw new Error(
      `none of ${candidates.join(', ')} imports torch, which CI needs. Install it (Debian: apt-get install ` +
        'python3-torch), or name a Python that has it in NASCENT_PYTHON.',
    );
  }
  return null;
}
