// Types of what a plugin is given. In src/plugin.js: `@import { Push, Repository } from '../.hardie/sdk/hardie'`.
import type { Response } from './web.js';

/** An object id: lower-case hexadecimal digits. */
export type Oid = string;

/** Settings, as JSON knows them. */
export type Config = Record<string, unknown>;

/** What a module `src/plugin.js` of a handler of events exports. */
export interface Handler<C extends Config = Config> {
  /** As of a policy. */
  defaults?: C;
  /** As of a policy. */
  validate?(config: C): FieldError[] | void;
  /**
   * Handles an event; `repository` is as it is now, `null` if the event has none or it is gone. What was written is kept if this returns. An exception
   * ends the delivery, but for `Retry` (retry.js) and an unanswered request: those ask for another attempt.
   */
  handle(config: C, event: Event, repository: Repository | null): void;
}

/** Something that happened. Events of one repository come in order, and one that was not handled comes again. */
export interface Event {
  /** The same in every attempt, and no other delivery's. */
  readonly id: string;
  /** Which attempt this is, from 1. */
  readonly attempt: number;
  /** The place in the server's log of events; grows, with gaps. */
  readonly sequence: number;
  /** What happened; more kinds will come. */
  readonly kind: 'push' | 'status' | 'repository.created' | 'repository.renamed' | (string & {});
  /** When, in milliseconds since 1970-01-01 UTC. */
  readonly at: number;
  /** What happened, as it was told then. Fields are only ever added. */
  readonly payload: any;
  /** `owner/name` as the repository is called now; empty if there is none or it is gone. */
  readonly repositoryPath: string;
  /** The name under which the plugin is installed; with a slash it stands before the context of each status that it sets. */
  readonly installation: string;
  /** The refs that a push moved; empty for other kinds. */
  readonly updates: Moved[];
}

/** A ref that a push moved. */
export type Moved = Omit<Update, 'reject' | 'warn'>;

/** What a module `src/plugin.js` of a plugin that answers web requests exports. */
export interface Web<C extends Config = Config> {
  /** As of a policy. */
  defaults?: C;
  /** As of a policy. */
  validate?(config: C): FieldError[] | void;
  /**
   * Answers one request. A `GET` or `HEAD` may read the state and not write it; what others wrote is kept if this returns, whatever the status. After
   * an exception it is forgotten, and whoever asked is told that the plugin failed (502), and not why.
   */
  handle(config: C, request: Request): Response;
}

/** A web request, written by whoever sent it. */
export interface Request {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** What the address has behind `basePath`, percent-encoded as it was sent; begins with `/`. */
  readonly path: string;
  /** What the address has behind `?`, as it was sent; `null` if there is none. */
  readonly query: string | null;
  /** Where the plugin is found, such as `/plugins/7`: links to its own pages begin with this. */
  readonly basePath: string;
  /** Names in lower case, and values. None tells who asks: that is caller.js. */
  readonly headers: [name: string, value: string][];
  /** The first header of this name; `null` if there is none. */
  header(name: string): string | null;
  /** The body, at most 1 MiB. */
  readonly body: Uint8Array;
  /** The body as text; what is no UTF-8 is U+FFFD. */
  text(): string;
  /** The body from JSON. Throws if it is none: whoever sent it should be told so, with a status of 400. */
  json(): any;
  /** The repository as `owner/name` that the plugin is installed for; empty if it is installed for more than one. */
  readonly repositoryPath: string;
  /** That repository, as it is now; `null` if there is none. */
  readonly repository: Repository | null;
}

/** What a module `src/plugin.js` of a policy exports. */
export interface Plugin<C extends Config = Config> {
  /** The settings that hold when nobody gives any; one that is not here is refused. */
  defaults?: C;
  /** What is wrong with settings; nothing, or an empty list, if they suit. */
  validate?(config: C): FieldError[] | void;
  /** Judges a push: whatever is not refused is accepted. An exception counts as a failed run, not as a verdict. */
  check(config: C, push: Push, repository: Repository): void;
}

/** A setting that is not right. */
export interface FieldError {
  /** Such as `max-subject` or `rules[2].pattern`; empty for the whole. */
  field?: string;
  /** What is wrong and what would be right. */
  message: string;
}

/** A push. */
export interface Push {
  /** The repository as `owner/name`. */
  readonly repositoryPath: string;
  /** The branch that HEAD names, such as `main`. */
  readonly defaultBranch: string;
  /** The pusher's user name. */
  readonly actorName: string;
  /** The pusher's role here; more may come. */
  readonly actorRole: 'read' | 'write' | 'admin' | (string & {});
  /** How it came; more may come. */
  readonly door: 'ssh' | 'http' | 'api' | 'system' | (string & {});
  /** Push options as sent by `git push -o`. */
  readonly options: string[];
  /** The ref updates, in the order of the push. */
  readonly updates: Update[];
}

/** One ref update, and what is said about it. */
export interface Update {
  /** Its position in the push. */
  readonly index: number;
  /** Full name, such as `refs/heads/main`; what is no UTF-8 is U+FFFD here. */
  readonly name: string;
  readonly nameBytes: Uint8Array;
  /** The name without `refs/heads/`, `refs/tags/` or `refs/`. */
  readonly shortName: string;
  readonly isBranch: boolean;
  readonly isTag: boolean;
  /** What the ref is now; `null` if it does not exist. */
  readonly old: Oid | null;
  /** What it shall be; `null` if it shall go away. */
  readonly new: Oid | null;
  /** `force` is an update that drops commits which the ref had. More may come. */
  readonly kind: 'create' | 'update' | 'delete' | 'force' | (string & {});
  /**
   * Refuses it. `code` is the rule's short name (a-z, 0-9 and `-`), the lines say what is wrong and how to mend it. May be called
   * again: the first rule names the rejection, the lines of all are shown.
   */
  reject(code: string, ...lines: string[]): void;
  /** Tells the pusher something without refusing. */
  warn(line: string): void;
}

/** The repository as it would be: what it has, and this push's objects on top. Every read is a call to the server. */
export interface Repository {
  /** Commits that an update brings, newest first, a page at a time: whoever leaves the loop early reads no more. */
  newCommits(update: Update | Moved): Generator<Commit>;
  /** Objects that the push brings, each once. */
  newObjects(kind?: 'blob' | 'tree' | 'commit' | 'tag' | ''): Generator<NewObject>;
  /** Throws a ReadError if there is none. */
  commit(id: Oid): Commit;
  /** The entries of a tree. */
  tree(id: Oid): Generator<TreeEntry>;
  /** In bytes. */
  blobSize(id: Oid): number;
  /** At most 1 MiB, and fewer bytes than asked for at the blob's end. */
  blobRange(id: Oid, offset?: number, length?: number): Uint8Array;
  /** The blob's text, its first MiB at most; what is no UTF-8 is U+FFFD. */
  blobText(id: Oid, most?: number): string;
  /** Paths that differ between two commits or trees; `null` is the empty tree. */
  changes(old: Oid | null, tip: Oid | null): Generator<Change>;
  /** Whether the first commit is an ancestor of the second, or the same. */
  isAncestor(ancestor: Oid, descendant: Oid): boolean;
  /** What a ref is before this push; `null` if it does not exist. */
  readRef(name: string | Uint8Array): Oid | null;
}

/** A commit. Its parts are fetched when asked for. */
export interface Commit {
  readonly id: Oid;
  /** The first seven digits of the id. */
  readonly shortId: string;
  readonly tree: Oid;
  readonly parents: Oid[];
  readonly author: Signature;
  readonly committer: Signature;
  /** The first 64 KiB of the message; what is no UTF-8 is U+FFFD here. */
  readonly message: string;
  readonly messageBytes: Uint8Array;
  /** The message's first line. */
  readonly subject: string;
}

/** Name, address and time. */
export interface Signature {
  name: string;
  email: string;
  /** Since 1970-01-01 UTC. */
  seconds: number;
  /** Offset from UTC, east positive. */
  offsetMinutes: number;
}

/** An object that the push brings. */
export interface NewObject {
  id: Oid;
  kind: 'blob' | 'tree' | 'commit' | 'tag';
  /** Bytes, inflated. */
  size: number;
  /** Where it was found first; empty for commits and tags. */
  path: string;
  pathBytes: Uint8Array;
  /** As git writes it, such as 0o100644; 0 for commits and tags. */
  mode: number;
  /** The first new commit that holds it; `null` for tags. */
  commit: Oid | null;
}

/** One entry of a tree. */
export interface TreeEntry {
  name: string;
  nameBytes: Uint8Array;
  mode: number;
  id: Oid;
}

/** One path that differs. */
export interface Change {
  path: string;
  pathBytes: Uint8Array;
  /** Before; `null` if it is new. */
  old: { mode: number; id: Oid } | null;
  /** After; `null` if it is gone. */
  new: { mode: number; id: Oid } | null;
}
