import { z } from 'zod';
import { tokenLevels } from './tokens.ts';

const tokens = z.int().min(1);

/** The options that only a text file of one's own has: Penn Treebank's parts and words are published. */
const onlyOfText = [
  'validationPath',
  'testPath',
  'validationFraction',
  'testFraction',
  'vocabularySize',
  'minimumCount',
  'unknown',
] as const;

/** Option `dataset` of what trains language models: the text, its tokens, and how it is split. */
export const textOptionsSchema = z
  .strictObject({
    name: z
      .enum(['penn-treebank', 'text'])
      .default('penn-treebank')
      .describe('Penn Treebank as Mikolov prepared it, or a text file of your own'),
    path: z
      .string()
      .optional()
      .describe(
        'text: the UTF-8 file, plain or .gz; penn-treebank: the directory with ptb.train.txt and so on, default: the search path. Relative to the config',
      ),
    level: z.enum(tokenLevels).default('word').describe('what one token is'),
    validationPath: z
      .string()
      .optional()
      .describe('text: a file for validation, instead of a fraction of `path`'),
    testPath: z.string().optional().describe('text: a file for the test, instead of a fraction of `path`'),
    validationFraction: z
      .number()
      .gt(0)
      .lt(1)
      .optional()
      .describe('text: what stands after the training part; default 0.1, or 0 with `validationPath`'),
    testFraction: z
      .number()
      .min(0)
      .lt(1)
      .optional()
      .describe('text: the end of the file; default 0.1, or 0 with `testPath`'),
    vocabularySize: z
      .int()
      .min(2)
      .optional()
      .describe('text: keep the most frequent words only, `unknown` counts as one; default: all'),
    minimumCount: z
      .int()
      .min(1)
      .optional()
      .describe('text: keep words that occur at least so often in the training part; default 1'),
    unknown: z
      .string()
      .regex(/^\S+$/, 'must be one word')
      .nullable()
      .optional()
      .describe('text: the word that stands for all that are not kept, for example "<unk>"; default: none'),
    trainTokens: tokens.optional().describe('take only the first so many tokens of the training part'),
    validationTokens: tokens.optional().describe('take only the first so many tokens of the validation part'),
  })
  .superRefine((options, { addIssue }) => {
    const refuse = (option: string, message: string): void =>
      addIssue({ code: 'custom', path: [option], message, input: options });
    if (options.name === 'penn-treebank') {
      for (const option of onlyOfText) {
        if (options[option] === undefined) continue;
        refuse(
          option,
          "has no meaning for penn-treebank, whose parts and words are published; take it away, or set name: 'text'",
        );
      }
      return;
    }
    const { path, validationPath, testPath, validationFraction, testFraction } = options;
    if (path === undefined) refuse('path', 'is missing: name the text file');
    if (validationPath !== undefined && validationFraction !== undefined)
      refuse('validationFraction', 'stands beside validationPath; take one of them away');
    if (testPath !== undefined && testFraction !== undefined)
      refuse('testFraction', 'stands beside testPath; take one of them away');
  });

export type TextOptions = z.output<typeof textOptionsSchema>;
