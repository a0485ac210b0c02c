import type { Request, Response } from './request.js';

export { RequestError } from './request.js';

/** Sends a request and waits for the answer. A call may send 20. Throws a RequestError if no answer comes. */
export function send(request: Request): Response;
