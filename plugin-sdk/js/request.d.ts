/** What is sent to a host that was granted. */
export interface Request {
  /** `GET` if there is no body, else `POST`. */
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  url: string;
  /** By name, or pairs of names and values. */
  headers?: Record<string, string> | [name: string, value: string][];
  /** Text or bytes as they are, anything else as JSON; at most 1 MiB. */
  body?: unknown;
}

/** What came back. Any status is an answer; redirects are not followed. */
export interface Response {
  readonly status: number;
  /** Names in lower case, and values. */
  readonly headers: [name: string, value: string][];
  /** At most 4 MiB. */
  readonly body: Uint8Array;
  /** Whether the status is one of 200 to 299. */
  readonly ok: boolean;
  /** Whether trying again may help: too many requests, or an error of the other side. */
  readonly mayBeTriedAgain: boolean;
  /** The first header of this name; `null` if there is none. */
  header(name: string): string | null;
  /** The body as text; what is no UTF-8 is U+FFFD. */
  text(): string;
  /** The body from JSON. Throws if it is none. */
  json(): any;
}

/**
 * A request that was not answered: `code` is `denied`, `invalid` or `failed`; only after `failed` may trying again help. `denied` also if a secret
 * was not given, or not for that host.
 */
export class RequestError extends Error {
  readonly code: 'denied' | 'invalid' | 'failed' | (string & {});
}
