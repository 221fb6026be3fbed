import type { TrialJob } from './trial-queue.ts';

/** What the replicas of a process tell their log. */
export type ReplicaEvent =
  | { readonly kind: 'replicas-claimed'; readonly replicas: readonly number[] }
  | { readonly kind: 'drawn'; readonly replica: number; readonly trials: readonly number[] }
  | {
      readonly kind: 'pushed';
      readonly replica: number;
      readonly sequence: number;
      readonly trials: readonly number[];
      /** For each shard; empty where there are none. */
      readonly staleness: readonly number[];
    }
  /** The trials of dead replicas were taken over. */
  | { readonly kind: 'adopted'; readonly replica: number; readonly trials: readonly number[] }
  /** Jobs that the queue had lost were added. */
  | { readonly kind: 'swept'; readonly jobs: readonly TrialJob[] }
  /** This process was silent for too long, and another one has the replica. */
  | { readonly kind: 'replica-lost'; readonly replica: number }
  | { readonly kind: 'push-refused'; readonly replica: number; readonly error: Error }
  | { readonly kind: 'unavailable'; readonly error: Error }
  | { readonly kind: 'keeping-failed'; readonly error: unknown }
  | { readonly kind: 'release-failed'; readonly error: unknown }
  /** The study is complete, and this process stays in case there will be more to do. */
  | { readonly kind: 'staying' };
