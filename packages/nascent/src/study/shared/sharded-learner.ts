import type { ParameterServer, Pulled } from '../../parameter-server/parameter-server.ts';
import type { ShardedPolicy } from '../../strategy/sharded-policy.ts';
import type { Learner } from './learner.ts';

/**
 * A controller replica (Zoph & Le 2017, §3.2): samples m children under the parameters that it pulled, computes the
 * gradient of that minibatch under the same parameters, and pushes it to the shards.
 *
 * Several replicas of a process may share one `policy`: each loads its own parameters before it uses it.
 * @param inFlight m
 * @param warmStart the first so many samples of the study were given: they are nobody's own, so no gradient is computed
 *   from them and they do not move the baseline
 */
export function shardedLearner(
  policy: ShardedPolicy,
  server: ParameterServer,
  { inFlight, warmStart }: { readonly inFlight: number; readonly warmStart: number },
): Learner {
  /** Of the last draw; null after a restart, when what the trials were drawn under is not known any more. */
  let drawnUnder: Pulled | null = null;
  let fresh: Pulled | null = null;
  const use = ({ parameters, versions, baseline }: Pulled) =>
    policy.load(parameters, { updates: Math.max(0, ...versions), baseline });

  return {
    inFlight,
    inBatches: true,
    async refresh() {
      fresh = await server.pull();
    },
    draw({ drawn, wanted }, args, given) {
      if (fresh === null) throw new Error('a replica draws under parameters that it has pulled');
      const first = given.slice(drawn, drawn + wanted);
      const own = wanted - first.length;
      use(fresh);
      drawnUnder = fresh;
      const samples = own === 0 ? [] : policy.sample(own, args, drawn + first.length);
      return { samples: [...first, ...samples], state: null };
    },
    async learn(push, trials) {
      const under = drawnUnder ?? (await server.pull());
      const results = trials.flatMap(({ number, result }) =>
        result === null || number <= warmStart ? [] : [{ number, ...result }],
      );
      if (results.length > 0) use(under);
      const gradient = results.length === 0 ? null : policy.gradient(results, under.baseline);
      return server.push({
        ...push,
        trials: trials.map(({ number }) => number),
        gradient,
        versions: under.versions,
        rewards: results.map(({ reward }) => reward),
      });
    },
    async load() {
      use(await server.pull());
    },
  };
}
