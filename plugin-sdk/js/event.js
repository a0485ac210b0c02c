// Something that happened, on its way to this plugin.
import { encode } from './text.js';

const id = (digits) => (/^0+$/.test(digits) ? null : digits);

/** A ref that moved; `repository.newCommits` takes it. */
const moved = ({ ref, before, after, kind }, index) => ({
  index,
  name: ref,
  nameBytes: encode(ref),
  shortName: ref.replace(/^refs\/((heads|tags)\/)?/, ''),
  isBranch: ref.startsWith('refs/heads/'),
  isTag: ref.startsWith('refs/tags/'),
  old: id(before),
  new: id(after),
  kind,
});

export class Event {
  #event;
  #payload;

  constructor(event) {
    this.#event = event;
  }

  get id() {
    return this.#event.id();
  }

  get attempt() {
    return this.#event.attempt();
  }

  get sequence() {
    return Number(this.#event.sequence());
  }

  get kind() {
    return this.#event.kind();
  }

  get at() {
    return Number(this.#event.at());
  }

  get payload() {
    this.#payload ??= JSON.parse(this.#event.payload());
    return this.#payload;
  }

  get repositoryPath() {
    return this.#event.repositoryPath();
  }

  get installation() {
    return this.#event.installation();
  }

  /** The refs of a push; empty if this is none. */
  get updates() {
    return this.kind === 'push' ? this.payload.refs.map(moved) : [];
  }
}
