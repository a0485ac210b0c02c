// Lists that come in pages, and reads that can fail.

/** The server's own bound. */
const PAGE = 256;

/** What the server refused; `code` says why. */
export class ServerError extends Error {
  constructor({ code, message }) {
    super(`${message} (${code})`);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A read that the repository refused: `code` is `not-found`, `wrong-kind`, `too-large` or `invalid`. */
export class ReadError extends ServerError {}

/** Calls the server; its refusal is an exception with a stack. */
export function read(call, Refusal = ReadError) {
  try {
    return call();
  } catch (error) {
    // The bindings throw the error's record, bare or as the payload of an Error.
    const refused = error?.payload ?? error;
    if (refused && !(refused instanceof Error) && typeof refused.code === 'string') throw new Refusal(refused);
    throw error;
  }
}

/** Every entry of a list; a page is asked for when the one before is used up. */
export function* pages(fetch) {
  for (let start = 0; ; ) {
    const page = read(() => fetch({ start, limit: PAGE }));
    yield* page;
    if (page.length < PAGE) return;
    start += page.length;
  }
}
