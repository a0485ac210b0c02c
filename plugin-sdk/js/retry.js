// Not now, but perhaps later.

/** Thrown by a handler that wants another attempt: not before `after` seconds, a day at most, or when the server thinks fit. */
export class Retry extends Error {
  constructor(message, { after = null } = {}) {
    super(String(message));
    this.name = 'Retry';
    this.after = after;
  }
}
