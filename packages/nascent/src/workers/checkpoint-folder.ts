import { join } from 'node:path';

/**
 * Where a study's checkpoints lie in the folder that its machines share. The study's name comes from the database, where
 * somebody may have called it `../../home`: whatever it is, this is one folder directly inside.
 */
export function checkpointFolder(sharedFolder: string, study: string): string {
  const name = encodeURIComponent(study);
  return join(sharedFolder, /^\.+$/.test(name) ? name.replaceAll('.', '%2E') : name);
}
