// Requests with secrets, which the server fills in: they are named here and never read.
import * as secrets from 'hardie:plugin/secrets@0.1.0';
import { read } from './pages.js';
import { RequestError, Response, requested } from './request.js';

export { RequestError };

/**
 * As `send` of http.js. Each slot is a header with a secret behind a prefix, `{ header: 'Authorization', prefix: 'Bearer ', secret: 'token' }`, or
 * with the hexadecimal HMAC-SHA-256 of the body by it, `{ header: 'X-Hub-Signature-256', prefix: 'sha256=', secret: 'key', signs: true }`.
 */
export function send(request, slots = []) {
  const wire = slots.map(({ header, prefix = '', secret, signs = false }) => ({ header, prefix, secret, kind: signs ? 'hmac-sha256' : 'value' }));
  return new Response(read(() => secrets.send(requested(request), wire), RequestError));
}
