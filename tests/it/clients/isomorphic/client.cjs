// One step with isomorphic-git. Arguments: user, token, folder, address, step, and what the step takes. What the server says
// to the person in front goes to standard error, a refusal too, which also ends the process with status 1.
const fs = require("fs");
const path = require("path");
const git = require("isomorphic-git");
const http = require("isomorphic-git/http/node");

const [user, token, dir, url, step, ...rest] = process.argv.slice(1);
const author = { name: "Alice", email: "alice@example.org" };
const here = { fs, dir };
const there = {
  fs,
  http,
  dir,
  url,
  onAuth: () => ({ username: user, password: token }),
  // Asked again, it would send the same.
  onAuthFailure: () => ({ cancel: true }),
  onMessage: (text) => process.stderr.write(`remote: ${text}`),
};

const steps = {
  clone: () => git.clone(there),
  shallow: () => git.clone({ ...there, depth: 1, singleBranch: true }),
  fetch: () => git.fetch({ ...there, remote: "origin", prune: true, tags: true }),
  branch: (name) => git.branch({ ...here, ref: name, checkout: true }),
  commit: async (text, amend) => {
    fs.writeFileSync(path.join(dir, "made-by.txt"), text);
    await git.add({ ...here, filepath: "made-by.txt" });
    await git.commit({ ...here, message: text, author, amend: amend === "amend" });
  },
  tag: (name) => git.annotatedTag({ ...here, ref: name, message: name, tagger: author }),
  push: async (from, to, force) => {
    const result = await git.push({ ...there, ref: from, remoteRef: to, force: force === "force" });
    return refused(result);
  },
  // The library looks for a ref of its own even where it deletes one of the server's.
  remove: async (name) => refused(await git.push({ ...there, ref: "refs/heads/main", remoteRef: name, delete: true })),
};

function refused(result) {
  const bad = Object.entries(result.refs).filter(([, ref]) => !ref.ok);
  if (result.error || bad.length > 0) throw new Error(JSON.stringify(result));
}

steps[step](...rest).catch((error) => {
  // An answer that is no git carries its text beside the message.
  process.stderr.write(`${error.message}\n${error.data?.response ?? ""}\n`);
  process.exitCode = 1;
});
