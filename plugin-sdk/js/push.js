// What is pushed, by whom, and what is said about it.
import { pages } from './pages.js';
import { decode, hex } from './text.js';

/** The server shows 40 lines of one rejection; the rest would be cut without saying what it was. */
const LINES = 38;

/** One ref update, and its verdict: accepted, until something speaks against it. */
export class Update {
  #code = null;
  #lines = [];
  #more = 0;
  #warnings = [];

  constructor(index, { name, old, new: tip, kind }) {
    this.index = index;
    this.nameBytes = name;
    this.name = decode(name);
    this.old = old ? hex(old) : null;
    this.new = tip ? hex(tip) : null;
    this.kind = kind;
  }

  get isBranch() {
    return this.name.startsWith('refs/heads/');
  }

  get isTag() {
    return this.name.startsWith('refs/tags/');
  }

  get shortName() {
    return this.name.replace(/^refs\/((heads|tags)\/)?/, '');
  }

  /** Refuses it. The first rule names the rejection, the lines of all add up. */
  reject(code, ...lines) {
    this.#code ??= String(code);
    // A reason and its remedy stay together or are counted together.
    if (this.#more > 0 || this.#lines.length + lines.length > LINES) this.#more += 1;
    else this.#lines.push(...lines.map(String));
  }

  /** Tells the pusher something without refusing. */
  warn(line) {
    if (this.#warnings.length < LINES) this.#warnings.push(String(line));
  }

  /** For the server. */
  verdict() {
    const lines = this.#more > 0 ? [...this.#lines, `… and ${this.#more} more of the kind`] : this.#lines;
    return { update: this.index, rejection: this.#code === null ? null : { code: this.#code, lines }, warnings: this.#warnings };
  }
}

/** A push. */
export class Push {
  #push;
  #updates;

  constructor(push) {
    this.#push = push;
  }

  get repositoryPath() {
    return this.#push.repositoryPath();
  }

  get defaultBranch() {
    return this.#push.defaultBranch();
  }

  get actorName() {
    return this.#push.actorName();
  }

  get actorRole() {
    return this.#push.actorRole();
  }

  get door() {
    return this.#push.door();
  }

  get options() {
    return this.#push.options();
  }

  get updates() {
    this.#updates ??= Array.from(pages((page) => this.#push.updates(page)), (update, index) => new Update(index, update));
    return this.#updates;
  }
}
