/**
 * The paper's CNN space (Zoph & Le 2017, §3.1, §3.3), and what its networks are.
 *
 * 1. `architecture.ts`   a network as data: layers, what each reads
 * 2. `repair.ts`   the three repairs that make every sample a network
 * 3. `layer-graph.ts`   predictions to layers: chains, skips, blocks, fixed poolings
 * 4. `options.ts`, `space.ts`, `size.ts`   what is asked, in which order
 * 5. `presets.ts`   the variants of the paper's experiment, by name
 * 6. `plan.ts`, `cost.ts`   every size, the zero padding, parameters and multiply-adds for one shape of images
 * 7. `description.ts`   the network for drawings
 * 8. `known-networks.ts`   baselines as token strings
 */
export * from './architecture.ts';
export { labelOf } from './description.ts';
export { type KnownNetwork, knownNetworks } from './known-networks.ts';
export type { ConvolutionalOptions } from './options.ts';
export { LAYER_KINDS } from './options.ts';
export type { Extent, NetworkPlan, PlannedClassifier, PlannedInput, PlannedLayer } from './plan.ts';
export { planNetwork } from './plan.ts';
export { type ConvolutionalPreset, convolutionalPresets, type PublishedNetwork } from './presets.ts';
export type { ZeroPadding } from './repair.ts';
export type { ConvolutionalSpace } from './space.ts';
export { convolutional } from './space.ts';
