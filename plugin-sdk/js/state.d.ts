/** A key or a value that is none (`invalid`), or a `GET` that would write (`denied`). */
export class StateError extends Error {
  readonly code: string;
}

/** The text under a key (1 to 256 visible ASCII characters); `null` if there is nothing. */
export function get(key: string): string | null;
/** The bytes under a key; `null` if there is nothing. */
export function getBytes(key: string): Uint8Array | null;
/** What was kept as JSON; `null` if there is nothing. */
export function getJson(key: string): any;
/** Keeps a text or bytes, at most 64 KiB. */
export function set(key: string, value: string | Uint8Array): void;
/** Keeps a value as JSON. */
export function setJson(key: string, value: unknown): void;
/** Keeps a value (`null`: nothing) if what is there now is `expected`; tells whether it was. */
export function compareAndSet(key: string, expected: string | Uint8Array | null, value: string | Uint8Array | null): boolean;
/** Removes a key, if it is there. */
export function remove(key: string): void;
/** Keys that begin with `prefix`, in order. */
export function keys(prefix?: string): Generator<string>;
