// Who sent the web request that is answered.
import * as wire from 'hardie:plugin/caller@0.1.0';

/** The user who sent it, by name and role; `null` for somebody who did not sign in. */
export function get() {
  const caller = wire.get();
  return caller ? { name: caller.name(), role: caller.role() } : null;
}
