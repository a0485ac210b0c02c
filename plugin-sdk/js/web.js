// Web requests: what a plugin is asked at its address on the server, and what it answers.
import { firstOf } from './headers.js';
import { Repository } from './repository.js';
import { bytesOf, decode } from './text.js';

/** A request, written by whoever sent it. */
export class Request {
  #request;
  #headers;
  #body;
  #repository;

  constructor(request) {
    this.#request = request;
  }

  get method() {
    return this.#request.method();
  }

  get path() {
    return this.#request.path();
  }

  get query() {
    return this.#request.query() ?? null;
  }

  get basePath() {
    return this.#request.basePath();
  }

  get headers() {
    this.#headers ??= Array.from(this.#request.headers(), ({ name, value }) => [name, value]);
    return this.#headers;
  }

  header(name) {
    return firstOf(this.headers, name);
  }

  get body() {
    if (!this.#body) {
      const body = this.#request.body();
      this.#body = body instanceof Uint8Array ? body : Uint8Array.from(body);
    }
    return this.#body;
  }

  text() {
    return decode(this.body);
  }

  json() {
    return JSON.parse(this.text());
  }

  get repositoryPath() {
    return this.#request.repositoryPath();
  }

  get repository() {
    if (this.#repository === undefined) {
      const repository = this.#request.repository();
      this.#repository = repository ? new Repository(repository) : null;
    }
    return this.#repository;
  }
}

/** What is sent back. The server sends the headers of its list, and says in the plugin's records which it left out. */
export class Response {
  #status;
  #headers = [];
  #body = new Uint8Array();

  /** A status and nothing else. */
  constructor(status = 200) {
    this.#status = status;
  }

  /** Plain text. */
  static text(status, text) {
    return new Response(status).header('Content-Type', 'text/plain').body(text);
  }

  /** A page. Only a server with an origin of its own for plugins sends it. */
  static html(status, html) {
    return new Response(status).header('Content-Type', 'text/html').body(html);
  }

  /** JSON, with the status 200. */
  static json(value) {
    const text = JSON.stringify(value);
    if (text === undefined) throw new TypeError(`Response.json: ${typeof value} makes no JSON`);
    return new Response(200).header('Content-Type', 'application/json').body(text);
  }

  /** With another status. */
  status(status) {
    this.#status = status;
    return this;
  }

  /** With a header. */
  header(name, value) {
    this.#headers.push({ name: String(name), value: String(value) });
    return this;
  }

  /** With a body, at most 4 MiB. */
  body(body) {
    this.#body = bytesOf(body);
    return this;
  }

  /** For the server. */
  wire() {
    if (!Number.isInteger(this.#status) || this.#status < 200 || this.#status > 599) throw new RangeError(`a status is 200 to 599, not ${this.#status}`);
    return { status: this.#status, headers: this.#headers, body: this.#body };
  }
}
