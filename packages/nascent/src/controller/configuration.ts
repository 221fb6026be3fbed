import { z } from 'zod';

/**
 * The controller's size and start: a two-layer LSTM with 35 hidden units per layer, all weights uniform in
 * [−0.08, 0.08] (Zoph & Le 2017, §4.1, §4.2). Embeddings, anchor vectors and the hidden state have one width.
 */
export const controllerConfigSchema = z.strictObject({
  hiddenSize: z.int().min(1).max(4096).default(35),
  layers: z.int().min(1).max(16).default(2),
  /** Weights start uniform in [−range, range]. */
  initialRange: z.number().positive().default(0.08),
});

export type ControllerConfig = z.infer<typeof controllerConfigSchema>;

export const PAPER_CONTROLLER: ControllerConfig = { hiddenSize: 35, layers: 2, initialRange: 0.08 };
