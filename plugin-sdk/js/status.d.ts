/** A status that cannot be set: `code` is `not-found` or `invalid`. */
export class StatusError extends Error {
  readonly code: string;
}

/** What a check found. */
export interface Finding {
  state: 'pending' | 'success' | 'skipped' | 'warning' | 'failure' | 'error';
  /** Which check it is. */
  context: string;
  description?: string;
  targetUrl?: string;
}

/** Sets a status of a commit of the event's repository. */
export function set(commit: string, finding: Finding): void;
