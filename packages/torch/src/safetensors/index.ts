export { readSafetensors, type SafetensorsContents, writeSafetensors } from './bytes.ts';
export { loadSafetensors, saveSafetensors } from './file.ts';
