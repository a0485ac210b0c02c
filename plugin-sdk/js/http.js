// Requests to the hosts that were granted. A call may send 20, and waits for each answer.
import * as http from 'hardie:plugin/http@0.1.0';
import { read } from './pages.js';
import { RequestError, Response, requested } from './request.js';

export { RequestError };

/** Sends a request: `url`, and `method`, `headers` (an object or pairs) and `body` (text, bytes, or anything else as JSON) where they are needed. */
export function send(request) {
  return new Response(read(() => http.send(requested(request)), RequestError));
}
