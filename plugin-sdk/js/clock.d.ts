/** Milliseconds since 1970-01-01 UTC, as `Date.now()` elsewhere: `new Date(now())`. */
export function now(): number;
