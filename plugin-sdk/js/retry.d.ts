/** Thrown by a handler that wants another attempt: not before `after` seconds, a day at most, or when the server thinks fit. */
export class Retry extends Error {
  constructor(message: string, options?: { after?: number | null });
  readonly after: number | null;
}
