/**
 * Child networks: built from an architecture, trained on images, scored on validation images.
 *
 * 1. `convolutional-network.ts`   the network of a convolutional architecture
 * 2. `recipe.ts`   how it is trained; the defaults are the paper's
 * 3. `image-tensors.ts`, `batch-walk.ts`   bytes to standardised batches, one batch ahead
 * 4. `classifier-trainer.ts`, `accuracy.ts`   one epoch; the score
 * 5. `train-classifier.ts`   the whole training, with its outcomes
 * 6. `image-classifier.ts`   all of it as the evaluator of a study
 */
export { accuracyOf } from './accuracy.ts';
export { type Classifier, inPrecision, usesChannelsLast } from './classifier.ts';
export { ClassifierTrainer } from './classifier-trainer.ts';
export { ConvolutionalNetwork, type NetworkInput } from './convolutional-network.ts';
export { createEvaluator, type ImageClassifierOptions, imageClassifierSchema } from './image-classifier.ts';
export { type ImageBatch, type ImageBatches, ImageTensors } from './image-tensors.ts';
export { type Recipe, recipeSchema, scheduleOf } from './recipe.ts';
export { type TrainingContext, type TrainingData, trainClassifier } from './train-classifier.ts';
