import { z } from 'zod';
import { NascentError } from '../errors.ts';
import { DEFAULT_REWARD, rewardConfigSchema } from '../reinforce/reward.ts';
import { nearest } from './nearest.ts';
import { retrainSchema } from './retrain-config.ts';
import { stoppingSchema } from './stopping/rule.ts';

const options = z
  .record(z.string(), z.unknown())
  .describe('Options of the module, which checks them itself.')
  .optional();

const optionValue = z.union([z.number(), z.string(), z.boolean()]);
const spaceOptions = z
  .record(z.string(), z.union([optionValue, z.array(optionValue)]))
  .describe('Options of the space that differ from its defaults; they become part of every token string.')
  .optional();

const use = z
  .string()
  .min(1)
  .describe('A built-in name, a path relative to this file (./my-space.ts), or a package.');

const layerSchedule = z
  .strictObject({
    argument: z.string().min(1).default('layers').describe('The argument of the space that grows.'),
    start: z.int().min(0).default(6).describe('Its value for the first sample.'),
    add: z.int().min(0).default(2).describe('How much it grows at a time.'),
    every: z.int().min(1).default(1600).describe('After how many samples drawn in the whole study.'),
  })
  .describe(
    'Lets an argument grow during the search: 6 layers, 2 more every 1,600 samples in the paper (§4.1).',
  );

const limits = z
  .strictObject({
    secondsPerTrial: z.number().positive().describe('Wall-clock limit of one evaluation.').optional(),
    memoryMiB: z.int().min(64).describe("Resident memory of a child's process.").optional(),
    attempts: z
      .int()
      .min(1)
      .max(100)
      .default(2)
      .describe('How often a child may die or throw before its trial has failed.'),
  })
  .describe('What a trial may cost.');

const budget = z
  .strictObject({
    seconds: z
      .number()
      .positive()
      .describe(
        'Seconds of all evaluations together: simulated ones where the evaluator tells them (tables).',
      ),
  })
  .describe('What a search may cost besides its number of trials.');

const parallel = z
  .strictObject({
    shards: z.int().min(1).max(1000).default(20).describe('S: parts of the parameter vector.'),
    inFlight: z
      .int()
      .min(1)
      .max(1024)
      .describe(
        "m: children that a controller replica has in training; by default the strategy's batch size, or `workers`.",
      )
      .optional(),
    accumulate: z
      .int()
      .min(1)
      .default(1)
      .describe('Gradients that a shard gathers for one update; the paper has 10 for recurrent cells.'),
  })
  .describe('For `nascent controller`: the parameter server and its replicas (§3.2).');

const compare = z
  .strictObject({
    strategies: z
      .array(
        z.union([
          z.string().min(1).describe('A built-in strategy, or a preset of the policy gradient.'),
          z.strictObject({ label: z.string().min(1).max(80), use, options }),
        ]),
      )
      .min(1)
      .default(['paper', 'strong', 'random', 'evolution'])
      .describe('What is compared.'),
    seeds: z.int().min(1).default(10).describe('Runs of each strategy, paired by seed.'),
    firstSeed: z.int().min(0).default(1).describe('The first of the seeds, which follow one another.'),
  })
  .describe('For `nascent compare`: which strategies, and how many runs of each.');

/** A study's config as it is written; `configSchema.parse` gives it its defaults. */
export const configSchema = z
  .strictObject({
    $schema: z.string().describe('Where editors find the JSON schema; ignored.').optional(),
    space: z
      .strictObject({
        use,
        options: spaceOptions,
        arguments: z
          .record(z.string(), z.number())
          .default({})
          .describe('Arguments of the space, for example { "layers": 8 }.'),
        schedule: layerSchedule.optional(),
      })
      .describe('The search space.'),
    evaluator: z.strictObject({ use, options }).describe('What trains and scores a child network.'),
    strategy: z.strictObject({ use, options }).describe('What proposes architectures.'),
    reward: rewardConfigSchema
      .default(DEFAULT_REWARD)
      .describe("How a child's scores become its reward; (best accuracy of the last 5 epochs)³ by default."),
    trials: z.int().min(1).describe('How many architectures to sample in all.'),
    budget: budget.optional(),
    workers: z
      .int()
      .min(1)
      .max(1024)
      .default(1)
      .describe('Children trained at once, each in its own process.'),
    seed: z.int().min(0).default(1).describe('Everything random follows from it.'),
    limits: limits.default({ attempts: 2 }),
    duplicates: z
      .enum(['train', 'reuse'])
      .default('train')
      .describe('Whether an architecture that was already trained is trained again, or its result reused.'),
    stopping: stoppingSchema.optional(),
    warmStart: z
      .array(
        z
          .string()
          .min(1)
          .describe('A token string, or the name of a known network such as resnet-like or nascell.'),
      )
      .describe('Samples that are trained first and told to the strategy; they count as trials.')
      .optional(),
    parallel: parallel.optional(),
    compare: compare.optional(),
    retrain: retrainSchema.optional(),
  })
  .describe('A study of Nascent: neural architecture search with reinforcement learning.');

/** As users write it. */
export type StudyConfigInput = z.input<typeof configSchema>;
/** What `parallel` says where a config has none. */
export const DEFAULT_PARALLEL = parallel.parse({});
/** What `compare` says where a config has none. */
export const DEFAULT_COMPARE: ComparePlan = compare.parse({});
/** Which strategies are compared, and with which seeds. */
export type ComparePlan = z.output<typeof compare>;

/** With every default filled in. */
export type StudyConfig = Omit<z.output<typeof configSchema>, '$schema'>;

/** For config files: the identity, so that editors check and complete the config. */
export function defineConfig(config: StudyConfigInput): StudyConfigInput {
  return config;
}

/** A config that is not one. */
export class ConfigInvalidError extends NascentError {
  constructor(file: string, faults: readonly string[]) {
    const lines = faults.length === 1 ? ` ${faults[0]}` : faults.map((fault) => `\n  - ${fault}`).join('');
    super('CONFIG_INVALID', `${file} is not a valid config:${lines}`);
  }
}

/**
 * Checks a config and fills in its defaults.
 * @param file names the config in errors
 * @throws ConfigInvalidError with every fault, its path and, for a misspelt key, the right one
 */
export function parseConfig(value: unknown, file: string): StudyConfig {
  const result = configSchema.safeParse(value);
  if (!result.success) throw new ConfigInvalidError(file, result.error.issues.flatMap(describeIssue));
  const { $schema: _, ...config } = result.data;
  return config;
}

type Issue = z.core.$ZodIssue;

function describeIssue(issue: Issue): string[] {
  const path = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') return [`${path === '' ? 'the config' : path}: ${issue.message}`];
  const known = keysAt(issue.path);
  return issue.keys.map((key) => {
    const where = path === '' ? '' : ` in "${path}"`;
    const meant = nearest(key, known);
    const hint = meant === null ? `known keys: ${known.join(', ')}` : `did you mean "${meant}"?`;
    return `${path === '' ? key : `${path}.${key}`}: there is no key "${key}"${where}; ${hint}`;
  });
}

/** The schema as data, from which the published file and the hints about misspelt keys are made. */
export function configJsonSchema(): z.core.JSONSchema.JSONSchema {
  return z.toJSONSchema(configSchema, { io: 'input' });
}

/** The keys that the config may have at a path; of all the kinds, where an object comes in several. */
function keysAt(path: readonly PropertyKey[]): string[] {
  let nodes: z.core.JSONSchema.JSONSchema[] = [configJsonSchema()];
  const variants = (node: z.core.JSONSchema.JSONSchema) => [
    node,
    ...(node.anyOf ?? []),
    ...(node.oneOf ?? []),
  ];
  for (const step of path) {
    nodes = nodes.flatMap(variants).flatMap((node) => {
      const property = node.properties?.[String(step)];
      return typeof property === 'object' ? [property] : [];
    });
  }
  return [...new Set(nodes.flatMap(variants).flatMap((node) => Object.keys(node.properties ?? {})))];
}
