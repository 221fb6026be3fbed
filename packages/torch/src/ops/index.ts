export * from './convolution.ts';
export * from './joining.ts';
export * from './layers.ts';
export * from './losses.ts';
export * from './normalisation.ts';
export * from './pooling.ts';
