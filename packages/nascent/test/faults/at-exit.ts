const cleanups = new Set<() => void>();

/**
 * Has `cleanup` done when this process exits, whatever ended it but SIGKILL: nothing that a test began may outlive it.
 * @returns takes it back
 */
export function atExit(cleanup: () => void): () => void {
  if (cleanups.size === 0) process.on('exit', cleanUp);
  cleanups.add(cleanup);
  return () => {
    cleanups.delete(cleanup);
    if (cleanups.size === 0) process.off('exit', cleanUp);
  };
}

function cleanUp(): void {
  for (const cleanup of [...cleanups].reverse()) cleanup();
}
