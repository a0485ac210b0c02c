// What is sent, and what comes back.
import { firstOf } from './headers.js';
import { ServerError } from './pages.js';
import { bytesOf, decode } from './text.js';

/**
 * A request that was not answered: `code` is `denied`, `invalid` or `failed`; only after `failed` may trying again help. `denied` also if a secret
 * was not given, or not for that host.
 */
export class RequestError extends ServerError {}

const isPlain = (body) => typeof body === 'string' || body instanceof Uint8Array;

/** A request as the contract has it. */
export function requested({ method, url, headers = [], body = null }) {
  const given = Array.isArray(headers) ? headers : Object.entries(headers);
  const wire = given.map(([name, value]) => ({ name: String(name), value: String(value) }));
  const isJson = body !== null && !isPlain(body);
  if (isJson && !wire.some(({ name }) => /^content-type$/i.test(name))) wire.push({ name: 'Content-Type', value: 'application/json' });
  const bytes = body === null ? new Uint8Array() : bytesOf(isJson ? JSON.stringify(body) : body);
  return { method: method ?? (body === null ? 'GET' : 'POST'), url: String(url), headers: wire, body: bytes };
}

/** What came back. Any status is an answer; redirects are not followed. */
export class Response {
  constructor({ status, headers, body }) {
    this.status = status;
    this.headers = headers;
    this.body = body instanceof Uint8Array ? body : Uint8Array.from(body);
  }

  /** Whether the status is one of 200 to 299. */
  get ok() {
    return this.status >= 200 && this.status < 300;
  }

  /** Whether trying again may help: too many requests, or an error of the other side. */
  get mayBeTriedAgain() {
    return [408, 425, 429].includes(this.status) || this.status >= 500;
  }

  /** The first header of this name; `null` if there is none. */
  header(name) {
    return firstOf(this.headers, name);
  }

  text() {
    return decode(this.body);
  }

  json() {
    return JSON.parse(this.text());
  }
}
