import { assertNever } from '../../../assert-never.ts';
import type { Preprocessing } from '../../../dataset/preprocessing.ts';
import type { ImageGraph, ImageValue } from './image-graph.ts';
import { binary, mean, unary } from './operators.ts';

/** Puts the network's preprocessing into the graph: pixels scaled to [0, 1] → what the first layers read. */
export function writeWhitening(
  graph: ImageGraph,
  images: ImageValue,
  preprocessing: Preprocessing,
): ImageValue {
  switch (preprocessing.kind) {
    case 'per-channel': {
      const channels = [1, preprocessing.mean.length, 1, 1];
      const means = graph.floats('whitening/means', channels, Float32Array.from(preprocessing.mean));
      const deviations = graph.floats(
        'whitening/deviations',
        channels,
        Float32Array.from(preprocessing.deviation),
      );
      const centred = binary(graph, 'whitening/centred', 'Sub', images, means);
      return binary(graph, 'whitening', 'Div', centred, deviations);
    }
    case 'per-image': {
      const all = [1, 2, 3];
      const count = images.shape.reduce((product, length) => product * length, 1);
      const least = graph.floats('whitening/least', [], Float32Array.of(1 / Math.sqrt(count)));
      const centred = binary(
        graph,
        'whitening/centred',
        'Sub',
        images,
        mean(graph, 'whitening/mean', images, all),
      );
      const squares = binary(graph, 'whitening/squares', 'Mul', centred, centred);
      const variance = mean(graph, 'whitening/variance', squares, all);
      const deviation = unary(graph, 'whitening/deviation', 'Sqrt', variance);
      const divisor = binary(graph, 'whitening/divisor', 'Max', deviation, least);
      return binary(graph, 'whitening', 'Div', centred, divisor);
    }
    default:
      return assertNever(preprocessing);
  }
}
