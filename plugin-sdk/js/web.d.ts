/** What is sent back. The server sends the headers of its list, and says in the plugin's records which it left out. */
export class Response {
  /** A status (200 to 599; 200 if absent) and nothing else. */
  constructor(status?: number);
  /** Plain text. */
  static text(status: number, text: string): Response;
  /** A page. Only a server with an origin of its own for plugins sends it. */
  static html(status: number, html: string): Response;
  /** JSON, with the status 200. */
  static json(value: unknown): Response;
  /** With another status. */
  status(status: number): this;
  /** With a header. */
  header(name: string, value: string): this;
  /** With a body, at most 4 MiB. */
  body(body: string | Uint8Array): this;
}
