/**
 * Child networks: built from an architecture, trained on images, scored on validation images.
 *
 * 1. `network/`   the network of a convolutional architecture
 * 2. `recipe.ts`   how it is trained; the defaults are the paper's
 * 3. `augmentation.ts`, `image-tensors.ts`, `batch-walk.ts`   bytes to augmented, whitened batches, one batch ahead
 * 4. `classifier-trainer.ts`, `accuracy.ts`   one epoch; the score
 * 5. `train-classifier.ts`, `training-clock.ts`   the whole training, with its outcomes
 * 6. `training-images.ts`, `image-classifier.ts`, `evaluate-training.ts`   all of it as the evaluator of a study
 * 7. `recipe-classifier.ts`, `checkpoint.ts`, `confusion-matrix.ts`   one network again: recipes, long training, test
 * 8. `language-model/`   the same for recurrent cells and text
 */
export { accuracyOf } from './accuracy.ts';
export { type Classifier, inPrecision, usesChannelsLast } from './classifier.ts';
export { ClassifierTrainer } from './classifier-trainer.ts';
export { createEvaluator, type ImageClassifierOptions, imageClassifierSchema } from './image-classifier.ts';
export { type ImageBatch, type ImageBatches, ImageTensors } from './image-tensors.ts';
export { ConvolutionalNetwork, type NetworkOptions } from './network/convolutional-network.ts';
export { type Recipe, recipeSchema, scheduleOf } from './recipe.ts';
export { type TrainingContext, type TrainingData, trainClassifier } from './train-classifier.ts';
