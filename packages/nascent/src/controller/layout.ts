import type { Decisions } from '../search-space/decision.ts';
import type { ControllerConfig } from './configuration.ts';

/**
 * Where each weight of a controller lies in its one flat parameter vector.
 *
 * The declaration and the configuration alone fix it: names, shapes and order never depend on samples. That
 * flat vector is what Adam updates, what a study stores and what a parameter server cuts into shards.
 */
export interface ControllerLayout {
  readonly config: ControllerConfig;
  readonly slots: readonly ParameterSlot[];
  /** Length of the flat vector. */
  readonly parameterCount: number;
  /** Choices in declared order; their options lie side by side in one joint head and one embedding table. */
  readonly choices: ReadonlyMap<string, ChoiceColumns>;
  /** Columns of the joint head: the options of all choices. */
  readonly columns: number;
  /** Names of anchor decisions, in declared order. */
  readonly anchors: readonly string[];
}

export interface ParameterSlot {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
}

/** Option `o` of a choice is column `first + o` of the joint head and row `1 + first + o` of the input table. */
export interface ChoiceColumns {
  readonly first: number;
  readonly count: number;
}

/** Rows of the input table: the learned first input, every option's embedding, and a row of zeros. */
export const START_ROW = 0;
export const FIRST_OPTION_ROW = 1;
export const zeroRow = (layout: ControllerLayout): number => FIRST_OPTION_ROW + layout.columns;

/**
 * Names, in order: `lstm.<layer>.{inputWeight [4H,H], hiddenWeight [4H,H], bias [4H]}`, `start [1,H]`, then for
 * each declared decision `<name>.{embedding [n,H], headWeight [n,H], headBias [n]}` or
 * `<name>.{previousWeight [H,H], currentWeight [H,H], vector [H], inputProjection [H,H]}`.
 */
export function controllerLayout(decisions: Decisions, config: ControllerConfig): ControllerLayout {
  const hidden = config.hiddenSize;
  const slots: ParameterSlot[] = [];
  let offset = 0;
  const add = (name: string, ...shape: number[]) => {
    const size = shape.reduce((product, length) => product * length, 1);
    slots.push({ name, shape, offset, size });
    offset += size;
  };
  for (let layer = 0; layer < config.layers; layer++) {
    add(`lstm.${layer}.inputWeight`, 4 * hidden, hidden);
    add(`lstm.${layer}.hiddenWeight`, 4 * hidden, hidden);
    add(`lstm.${layer}.bias`, 4 * hidden);
  }
  add('start', 1, hidden);
  const choices = new Map<string, ChoiceColumns>();
  const anchors: string[] = [];
  let columns = 0;
  for (const [name, decision] of Object.entries(decisions)) {
    if (decision.kind === 'choice') {
      const count = decision.options.length;
      add(`${name}.embedding`, count, hidden);
      add(`${name}.headWeight`, count, hidden);
      add(`${name}.headBias`, count);
      choices.set(name, { first: columns, count });
      columns += count;
    } else {
      add(`${name}.previousWeight`, hidden, hidden);
      add(`${name}.currentWeight`, hidden, hidden);
      add(`${name}.vector`, hidden);
      add(`${name}.inputProjection`, hidden, hidden);
      anchors.push(name);
    }
  }
  return { config, slots, parameterCount: offset, choices, columns, anchors };
}
