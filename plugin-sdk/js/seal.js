// What the sandbox lacks, said in words. What is printed goes to the plugin's log.
import { write } from 'hardie:plugin/log@0.1.0';
import { decode, encode } from './text.js';

const shown = (value) => {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return `${value}\n${value.stack ?? ''}`;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
};

/**
 * Puts `console` in its place, and a text in the place of clock and chance: `why` says what a plugin of this kind does without them. What comes back is
 * to be called when the plugin is loaded: there is no log before, and packages that print then are none the worse for it.
 */
export function seal(why) {
  let loaded = false;
  const line = (level) => (...values) => {
    if (loaded) write(level, values.map(shown).join(' '));
  };
  const refuse = (what) => () => {
    throw new Error(`${what} is not there: ${why}`);
  };
  globalThis.console = { debug: line('debug'), log: line('info'), info: line('info'), warn: line('warn'), error: line('error') };
  Math.random = refuse('Math.random()');
  const WallClock = Date;
  WallClock.now = refuse('Date.now()');
  globalThis.Date = new Proxy(WallClock, {
    construct: (target, values) => (values.length === 0 ? WallClock.now() : new target(...values)),
    apply: WallClock.now,
  });
  WallClock.prototype.constructor = globalThis.Date;
  globalThis.performance = { now: refuse('performance.now()') };
  return () => {
    loaded = true;
  };
}

globalThis.TextDecoder ??= class TextDecoder {
  constructor(label = 'utf-8') {
    if (!/^utf-?8$/i.test(label)) throw new RangeError(`TextDecoder: only utf-8 is there, not ${label}`);
  }
  decode(bytes = new Uint8Array()) {
    return decode(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes.buffer ?? bytes));
  }
};
globalThis.TextEncoder ??= class TextEncoder {
  encode(text = '') {
    return encode(text);
  }
};
