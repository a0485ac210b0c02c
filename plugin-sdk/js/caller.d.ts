/** A user of this server. */
export interface Caller {
  name: string;
  /** In the repository that the plugin is installed for: `read`, `write` or `admin`; empty if there is none. */
  role: 'read' | 'write' | 'admin' | '' | (string & {});
}

/** Who sent the web request that is answered; `null` for somebody who did not sign in. */
export function get(): Caller | null;
