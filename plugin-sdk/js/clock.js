// The time of day.
import * as clock from 'hardie:plugin/clock@0.1.0';

/** Milliseconds since 1970-01-01 UTC, as `Date.now()` elsewhere: `new Date(now())`. */
export const now = () => Number(clock.now());
