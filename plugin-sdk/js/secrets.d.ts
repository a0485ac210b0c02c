import type { Request, Response } from './request.js';

export { RequestError } from './request.js';

/** A header whose value holds a secret, or is made with one. */
export interface Slot {
  header: string;
  /** What stands before it, such as `Bearer ` or `sha256=`. */
  prefix?: string;
  /** The secret's name. */
  secret: string;
  /** The hexadecimal HMAC-SHA-256 of the body by the secret, instead of the secret itself. */
  signs?: boolean;
}

/** As `send` of http.js, with secrets that the server fills in: they are named here and never read. */
export function send(request: Request, slots?: Slot[]): Response;
