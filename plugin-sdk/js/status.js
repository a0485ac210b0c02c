// What a check found of a commit.
import * as status from 'hardie:plugin/status@0.1.0';
import { ServerError, read } from './pages.js';
import { unhex } from './text.js';

/** A status that cannot be set: `code` is `not-found` or `invalid`. */
export class StatusError extends ServerError {}

/**
 * Sets a status of a commit of the event's repository. `state` is `pending`, `success`, `skipped`, `warning`, `failure` or `error`; `context`
 * tells which check it is.
 */
export function set(commit, { state, context, description = '', targetUrl = '' }) {
  read(() => status.set(unhex(commit), String(state), String(context), String(description), String(targetUrl)), StatusError);
}
