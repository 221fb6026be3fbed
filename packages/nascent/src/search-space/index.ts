/**
 * Search spaces: what may be asked, what was answered, and what that means.
 *
 * Read in this order:
 *
 * 1. `decision.ts`   a space declares decisions: a choice among options, an anchor point among earlier ones
 * 2. `ask.ts`        a program asks them, `yield* ask.height()`, and goes on with the answer
 * 3. `space.ts`      declaration + program = a search space, with a fingerprint of what it declares
 * 4. `dialogue.ts`   a program run question by question; whatever answers is a strategy
 * 5. `sample.ts`, `replay.ts`   the recorded answers; replaying them is decoding
 * 6. `tokens.ts`     a sample as one self-contained word
 * 7. `uniform.ts`, `enumerate.ts`   the two simplest ways to answer: by chance, and in every possible way
 * 8. `convolutional/`   the paper's CNN space (Zoph & Le 2017, §3.1, §3.3), and what its networks cost
 * 9. `recurrent-cell/`   the paper's recurrent cells (§3.4)
 * 10. `known.ts`   networks and cells that have a name
 * 11. `tabular/`   the spaces of published tables, whose networks are looked up and not trained
 *
 * Nothing here knows tensors, controllers or stores.
 */
export type { ArgumentRule } from './arguments.ts';
export type { Ask, Asking, Narrowed } from './ask.ts';
export { builtInSpace, builtInSpaceNames, describeArchitecture, spaceOfTokens } from './built-in.ts';
export { architectureKey, canonicalJson, hashOf, NotPlainDataError } from './canonical-json.ts';
export { checkProgram } from './check-program.ts';
export * from './convolutional/index.ts';
export type { Anchor, Answer, Choice, Decision, Decisions, OptionValue, Question } from './decision.ts';
export { anchor, choice } from './decision.ts';
export type { Dialogue } from './dialogue.ts';
export { countByEnumeration, enumerate } from './enumerate.ts';
export * from './errors.ts';
export { type KnownArchitecture, knownArchitectures } from './known.ts';
export {
  type LanguageRecipeChoice,
  languageRecipeGrid,
  parseLanguageRecipeChoice,
} from './language-recipe-grid.ts';
export type { ImageInput, LayerDescription, NetworkDescription } from './network-description.ts';
export { CIFAR10_INPUT } from './network-description.ts';
export { parseSample } from './parse-sample.ts';
export { decayText, parseRecipeChoice, type RecipeChoice, recipeGrid } from './recipe-grid.ts';
export * from './recurrent-cell/index.ts';
export { replay } from './replay.ts';
export type { Sample, SpaceArguments, SpaceIdentity, SpaceOptions } from './sample.ts';
export type { ArgumentSchedule, SearchSpace, SpaceDefinition } from './space.ts';
export { defineSpace } from './space.ts';
export { spaceOfModule } from './space-module.ts';
export type { NasBench201Architecture, NasBench201Operation } from './tabular/nas-bench-201.ts';
export {
  archOfOperations,
  NAS_BENCH_201_EDGES,
  NAS_BENCH_201_OPERATIONS,
  nasBench201,
  operationsOfArch,
} from './tabular/nas-bench-201.ts';
export { nasBench201Cost } from './tabular/nas-bench-201-description.ts';
export type { NasBenchMacroArchitecture } from './tabular/nas-bench-macro.ts';
export { nasBenchMacro } from './tabular/nas-bench-macro.ts';
export type { NasBenchNlpArchitecture } from './tabular/nas-bench-nlp.ts';
export { nasBenchNlp } from './tabular/nas-bench-nlp.ts';
export type { NatsBenchSizeArchitecture } from './tabular/nats-bench-size.ts';
export { natsBenchSize } from './tabular/nats-bench-size.ts';
export type { TokenHeader } from './tokens.ts';
export { decodeTokens, encodeSample, looksLikeTokens, parseTokenHeader } from './tokens.ts';
export { answerUniformly, sampleUniformly } from './uniform.ts';
