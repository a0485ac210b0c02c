// Chance.
import * as random from 'hardie:plugin/random@0.1.0';

/** So many bytes that nobody can guess, at most 4,096. */
export const bytes = (length) => Uint8Array.from(random.bytes(length));
