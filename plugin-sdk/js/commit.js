// A commit. Its parts are fetched when asked for, and kept.
import { read } from './pages.js';
import { decode, hex, unhex } from './text.js';

/** The server lets 1,024 handles live at once; a page of commits has 256. */
const LIVE = 512;

/** Handles in the order in which they came: the oldest are given back, and fetched again by id if somebody still wants them. */
export class Handles {
  #live = [];
  #next = 0;

  add(commit) {
    const oldest = this.#live[this.#next];
    this.#live[this.#next] = commit;
    this.#next = (this.#next + 1) % LIVE;
    oldest?.release();
  }
}

const person = ({ name, email, seconds, offsetMinutes }) => ({ name: decode(name), email: decode(email), seconds, offsetMinutes });

export class Commit {
  #handle;
  #repo;
  #handles;
  #known = {};

  constructor(handle, repo, handles) {
    this.#handle = handle;
    this.#repo = repo;
    this.#handles = handles;
    handles.add(this);
  }

  #get(part, convert) {
    if (!(part in this.#known)) {
      if (!this.#handle) {
        this.#handle = read(() => this.#repo.commit(unhex(this.#known.id)));
        this.#handles.add(this);
      }
      this.#known[part] = convert(this.#handle[part]());
    }
    return this.#known[part];
  }

  /** Gives the handle back; the id stays, by which there is another. */
  release() {
    this.#get('id', hex);
    this.#handle?.[Symbol.dispose]();
    this.#handle = null;
  }

  get id() {
    return this.#get('id', hex);
  }

  get shortId() {
    return this.id.slice(0, 7);
  }

  get tree() {
    return this.#get('tree', hex);
  }

  get parents() {
    return this.#get('parents', (ids) => Array.from(ids, hex));
  }

  get author() {
    return this.#get('author', person);
  }

  get committer() {
    return this.#get('committer', person);
  }

  get messageBytes() {
    return this.#get('message', (bytes) => bytes);
  }

  get message() {
    this.#known.text ??= decode(this.messageBytes);
    return this.#known.text;
  }

  get subject() {
    const message = this.message;
    const end = message.indexOf('\n');
    return (end < 0 ? message : message.slice(0, end)).replace(/\r$/, '');
  }
}
