/** So many bytes that nobody can guess, at most 4,096. */
export function bytes(length: number): Uint8Array;
