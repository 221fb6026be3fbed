/**
 * What a search space may ask. Pure data: no tensors, no answers.
 *
 * The declaration alone fixes the controller's heads and embeddings and the space's fingerprint.
 */

/** One of the things that a choice may choose. */
export type OptionValue = number | string | boolean;

/** One of finitely many options (Zoph & Le 2017, §3.1). */
export interface Choice<V extends OptionValue = OptionValue> {
  readonly kind: 'choice';
  readonly options: readonly V[];
}

/** An anchor point: any subset of the earlier anchor points (Zoph & Le 2017, §3.3). */
export interface Anchor {
  readonly kind: 'anchor';
}

export type Decision = Choice | Anchor;

/**
 * Declares a choice, for example `choice([1, 3, 5, 7])`; the options' type is inferred.
 *
 * What may be declared (at least one option, no duplicates, finite numbers, no empty string) is checked by
 * `defineSpace`, which can name the space and the decision.
 */
export function choice<const V extends OptionValue>(options: readonly V[]): Choice<V> {
  return { kind: 'choice', options };
}

/** Declares an anchor point; the i-th question of its name chooses any subset of the i earlier ones. */
export function anchor(): Anchor {
  return { kind: 'anchor' };
}

/** The decisions that a space declares, by name. */
export type Decisions = Readonly<Record<string, Decision>>;

/**
 * What a program yields: one declared decision, perhaps narrowed.
 *
 * - `allowed`: indices into the declared options, ascending, not empty (all of them unless narrowed).
 * - `earlier`: how many anchor points of the same name came before this one in the sample; the i-th anchor
 *   question of a name always has `earlier` = i.
 */
export type Question =
  | { readonly kind: 'choice'; readonly decision: string; readonly allowed: readonly number[] }
  | { readonly kind: 'anchor'; readonly decision: string; readonly earlier: number };

/**
 * A recorded answer, tagged with its decision.
 *
 * - `index`: into the *declared* options (not into the narrowed ones).
 * - `chosen`: the chosen earlier anchor points, ascending, each in [0, earlier).
 */
export type Answer =
  | { readonly kind: 'choice'; readonly decision: string; readonly index: number }
  | { readonly kind: 'anchor'; readonly decision: string; readonly chosen: readonly number[] };
