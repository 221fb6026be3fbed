import { copyStudy } from '../../src/store/copy-study.ts';

/** A process that copies the study of its first argument to its second, and is killed in the middle. */
const [, , from = '', to = ''] = process.argv;
await copyStudy(from, to, {
  judge: () => 'dead',
  onProgress({ copied, rows }) {
    if (copied > rows / 2) process.kill(process.pid, 'SIGKILL');
  },
});
