// Runs every numbered example at toy size and fails with the first that fails.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folders = ['packages/torch/examples', 'examples'];
// Toy size: the slice of real images that the tests use, and few trials.
const environment = {
  ...process.env,
  OMP_WAIT_POLICY: process.env.OMP_WAIT_POLICY ?? 'passive',
  NASCENT_DATA: join(root, 'packages', 'nascent', 'test', 'fixtures'),
  NASCENT_EXAMPLE_SIZE: 'toy',
  IMAGES: '80',
  TRIALS: '9',
};
rmSync(join(root, 'library.db'), { force: true });

for (const folder of folders) {
  for (const file of readdirSync(join(root, folder)).sort()) {
    if (!/^\d\d-.*\.ts$/.test(file)) continue;
    console.log(`\n-- ${folder}/${file}`);
    const { status, signal } = spawnSync(process.execPath, ['--import', 'tsx', join(root, folder, file)], {
      cwd: root,
      env: environment,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (status !== 0) {
      console.error(`${folder}/${file} failed (${signal ?? `exit ${status}`})`);
      process.exit(1);
    }
  }
}
