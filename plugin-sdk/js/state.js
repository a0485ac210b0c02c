// Data of the plugin's own, kept from one event or web request to the next, for each repository by itself. Kept if `handle` returns, forgotten if
// it throws.
import * as state from 'hardie:plugin/state@0.1.0';
import { ServerError, read } from './pages.js';
import { bytesOf, decode } from './text.js';

/** A key or a value that is none; `denied` if a `GET` would write. */
export class StateError extends ServerError {}

const PAGE = 256;
const asked = (call) => read(call, StateError);
const some = (value) => (value === null || value === undefined ? null : bytesOf(value));
const found = (value) => (value === null || value === undefined ? null : decode(value));

/** The text under a key; `null` if there is nothing. */
export const get = (key) => found(asked(() => state.get(key)));

/** The bytes under a key; `null` if there is nothing. */
export const getBytes = (key) => asked(() => state.get(key)) ?? null;

/** Keeps a text or bytes. */
export const set = (key, value) => asked(() => state.set(key, bytesOf(value)));

/** What was kept as JSON; `null` if there is nothing. */
export const getJson = (key) => JSON.parse(get(key) ?? 'null');

/** Keeps a value as JSON. */
export const setJson = (key, value) => set(key, JSON.stringify(value));

/** Keeps a value (`null`: nothing) if what is there now is `expected`; tells whether it was. */
export const compareAndSet = (key, expected, value) => asked(() => state.compareAndSet(key, some(expected), some(value)));

/** Removes a key, if it is there. */
export const remove = (key) => asked(() => state.delete(key));

/** Keys that begin with `prefix`, in order. */
export function* keys(prefix = '') {
  for (let after = ''; ; ) {
    const page = asked(() => state.list(prefix, after, PAGE));
    yield* page;
    if (page.length < PAGE) return;
    after = page[page.length - 1];
  }
}
