// Bytes, text and object ids. Git promises no UTF-8; what is none becomes U+FFFD.

/** Bytes one by one, as characters below 256. In pieces, since a call takes so many arguments and no more. */
function latin1(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode.apply(null, bytes.subarray(at, at + 8192));
  return text;
}

/** UTF-8 as text; never fails. */
export function decode(bytes) {
  const plain = latin1(bytes instanceof Uint8Array ? bytes : Uint8Array.from(bytes));
  if (!/[\x80-\xff]/.test(plain)) return plain;
  try {
    // The engine's own decoder is a hundred times faster than a loop here.
    return decodeURIComponent(escape(plain));
  } catch {
    return lossy(plain);
  }
}

/** What is well-formed is kept, every other byte becomes U+FFFD. */
function lossy(plain) {
  const whole = /[\x00-\x7f]+|(?:[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|\xed[\x80-\x9f][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})+|[^]/g;
  return plain.replace(whole, (part) => (part.length === 1 && part > '\x7f' ? '\ufffd' : decodeURIComponent(escape(part))));
}

/** Text as UTF-8. */
export function encode(text) {
  const plain = unescape(encodeURIComponent(String(text).toWellFormed()));
  return Uint8Array.from(plain, (c) => c.charCodeAt(0));
}

/** Bytes from text or bytes. */
export const bytesOf = (value) => (value instanceof Uint8Array ? value : encode(value));

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** An object id as people write it. */
export function hex(bytes) {
  let text = '';
  for (const byte of bytes) text += DIGITS[byte];
  return text;
}

/** An object id from its digits. */
export function unhex(id) {
  if (typeof id !== 'string' || id.length % 2 !== 0 || !/^[0-9a-f]+$/.test(id)) throw new TypeError(`not an object id: ${String(id).slice(0, 80)}`);
  return Uint8Array.from(id.match(/../g), (pair) => parseInt(pair, 16));
}
