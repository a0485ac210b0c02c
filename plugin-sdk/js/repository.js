// The repository as it would be, read-only: what it has, and this push's objects on top. Nothing is read before it is asked for.
import { Commit, Handles } from './commit.js';
import { pages, read } from './pages.js';
import { bytesOf, decode, hex, unhex } from './text.js';

/** Most bytes of one read. */
const PIECE = 1 << 20;

const side = (value) => (value ? { mode: value.mode, id: hex(value.id) } : null);

export class Repository {
  #repo;
  #handles = new Handles();

  constructor(repo) {
    this.#repo = repo;
  }

  /** Commits that an update brings, newest first: those that no existing ref reaches. */
  *newCommits(update) {
    for (const commit of pages((page) => this.#repo.newCommits(update.index, page))) yield new Commit(commit, this.#repo, this.#handles);
  }

  /** Objects that the push brings, each once: `blob`, `tree`, `commit`, `tag`, or all. */
  *newObjects(kind = '') {
    for (const { id, kind: found, size, path, mode, commit } of pages((page) => this.#repo.newObjects(kind, page))) {
      yield { id: hex(id), kind: found, size, path: decode(path), pathBytes: path, mode, commit: commit ? hex(commit) : null };
    }
  }

  /** One commit. */
  commit(id) {
    const bytes = unhex(id);
    return new Commit(read(() => this.#repo.commit(bytes)), this.#repo, this.#handles);
  }

  /** The entries of a tree. */
  *tree(id) {
    const bytes = unhex(id);
    for (const { name, mode, id: entry } of pages((page) => this.#repo.tree(bytes, page))) {
      yield { name: decode(name), nameBytes: name, mode, id: hex(entry) };
    }
  }

  /** The size of a blob in bytes. */
  blobSize(id) {
    return read(() => this.#repo.blobSize(unhex(id)));
  }

  /** Bytes of a blob, at most 1 MiB, and fewer than asked for at its end. */
  blobRange(id, offset = 0, length = PIECE) {
    const bytes = read(() => this.#repo.blobRange(unhex(id), offset, length));
    return bytes instanceof Uint8Array ? bytes : Uint8Array.from(bytes);
  }

  /** A blob's text, up to `most` bytes of it. */
  blobText(id, most = PIECE) {
    return decode(this.blobRange(id, 0, Math.min(most, PIECE)));
  }

  /** Paths that differ between two commits or trees; `null` is the empty tree. */
  *changes(old, tip) {
    const [from, to] = [old, tip].map((id) => (id ? unhex(id) : null));
    for (const { path, old: before, new: after } of pages((page) => this.#repo.changes(from, to, page))) {
      yield { path: decode(path), pathBytes: path, old: side(before), new: side(after) };
    }
  }

  /** Whether the first commit is an ancestor of the second, or the same. */
  isAncestor(ancestor, descendant) {
    return read(() => this.#repo.isAncestor(unhex(ancestor), unhex(descendant)));
  }

  /** What a ref is before this push; `null` if it does not exist. */
  readRef(name) {
    const id = read(() => this.#repo.readRef(bytesOf(name)));
    return id ? hex(id) : null;
  }
}
