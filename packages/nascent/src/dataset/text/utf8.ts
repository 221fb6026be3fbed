import { constants } from 'node:buffer';
import { DatasetError } from '../errors.ts';
import type { DataFile } from '../read-file.ts';

/**
 * The text of a UTF-8 file, without a byte order mark.
 * @throws DatasetError `DATASET_FORMAT` for bytes that are no UTF-8 (the first such byte and its line are named), and
 *   for a file too large for one string
 */
export function decodeUtf8({ path, bytes }: DataFile): string {
  if (bytes.length > constants.MAX_STRING_LENGTH) {
    throw new DatasetError(
      'DATASET_FORMAT',
      `${path} has ${bytes.length} bytes of text; at most ${constants.MAX_STRING_LENGTH} can be loaded. Use a part of it.`,
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const offset = firstInvalidByte(bytes);
    const byte = (bytes[offset] as number).toString(16).padStart(2, '0');
    const cut = isPrefix(bytes) ? ', and the file ends in the middle of that character' : '';
    const found = `is not UTF-8 at byte ${offset} (counted from 0; line ${lineAt(bytes, offset)}), where 0x${byte} stands${cut}`;
    throw new DatasetError(
      'DATASET_FORMAT',
      `${path} ${found}. Expected a text in UTF-8: convert it, for example with \`iconv -f WINDOWS-1252 -t UTF-8\`.`,
      { cause: error },
    );
  }
}

/** The offset at which the first sequence of bytes begins that is no character. */
function firstInvalidByte(bytes: Uint8Array): number {
  // The longest prefix that could still become a text …
  let [sound, broken] = [0, bytes.length + 1];
  while (broken - sound > 1) {
    const middle = Math.floor((sound + broken) / 2);
    if (isPrefix(bytes.subarray(0, middle))) sound = middle;
    else broken = middle;
  }
  // … without the character that it leaves unfinished.
  while (!isText(bytes.subarray(0, sound))) sound--;
  return sound;
}

/** Whether a text could begin with these bytes. */
function isPrefix(bytes: Uint8Array): boolean {
  return decodes(bytes, true);
}

function isText(bytes: Uint8Array): boolean {
  return decodes(bytes, false);
}

function decodes(bytes: Uint8Array, stream: boolean): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream });
    return true;
  } catch {
    return false;
  }
}

function lineAt(bytes: Uint8Array, offset: number): number {
  return bytes.subarray(0, offset).filter((byte) => byte === 0x0a).length + 1;
}
