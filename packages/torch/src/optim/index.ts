export { Adam, type AdamOptions } from './adam.ts';
export { clipGradNorm } from './clip.ts';
export { constantSchedule, cosineSchedule, type Schedule, stepSchedule, warmup } from './schedule.ts';
export { SGD, type SGDOptions } from './sgd.ts';
