import { execFileSync } from 'node:child_process';
import { atExit } from './at-exit.ts';

/** A machine of its own on a network of two: a network namespace behind a pair of virtual interfaces. */
export interface SecondMachine {
  /** The address of this machine as the other one sees it. */
  readonly address: string;
  /** The address of the other one. */
  readonly own: string;
  /** Begins a command line that runs there. */
  readonly prefix: readonly string[];
  /** The cable, pulled and put back. */
  cut(): void;
  mend(): void;
  remove(): void;
}

/**
 * Needs root, Linux and iproute2.
 * @returns null where that cannot be had, which is said aloud: network faults are skipped then
 */
export function secondMachine(): SecondMachine | null {
  const name = `nf${process.pid.toString(36)}${Math.floor(Math.random() * 1296).toString(36)}`;
  const [here, there] = [`${name}a`, `${name}b`];
  const ip = (...words: readonly string[]) => void execFileSync('ip', words, { stdio: 'pipe' });
  const inside = (...words: readonly string[]) => ip('netns', 'exec', name, 'ip', ...words);
  const net = `10.${64 + Math.floor(Math.random() * 64)}.${Math.floor(Math.random() * 256)}`;
  const [address, own] = [`${net}.1`, `${net}.2`];
  const remove = (): void => {
    // The interfaces go with the namespace that one of them is in.
    execFileSync('ip', ['netns', 'del', name], { stdio: 'pipe' });
  };
  try {
    ip('netns', 'add', name);
  } catch (cause) {
    return noNetwork(cause);
  }
  try {
    ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there);
    ip('link', 'set', there, 'netns', name);
    ip('addr', 'add', `${address}/30`, 'dev', here);
    ip('link', 'set', here, 'up');
    inside('addr', 'add', `${own}/30`, 'dev', there);
    inside('link', 'set', there, 'up');
    inside('link', 'set', 'lo', 'up');
  } catch (cause) {
    remove();
    return noNetwork(cause);
  }
  const forget = atExit(remove);
  return {
    address,
    own,
    prefix: ['ip', 'netns', 'exec', name],
    cut: () => ip('link', 'set', here, 'down'),
    mend: () => ip('link', 'set', here, 'up'),
    remove: () => {
      forget();
      remove();
    },
  };
}

function noNetwork(cause: unknown): null {
  const words = cause instanceof Error ? cause.message.trim() : String(cause);
  console.warn(
    `\n*** No network namespaces here (${words}): network cuts ARE SKIPPED. They need root and iproute2. ***\n`,
  );
  return null;
}
