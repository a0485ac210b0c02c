// Tells a story to a server with gitea-js. Standard input and output as of story.py, without `absent`: this client does not look at
// what it is answered.
const { giteaApi } = require("gitea-js");

const DEFAULTS = { owner: "ann", repo: "tool", org: "smiths", username: "bob" };
const shape = (path) => path.replace(/\{[^}]*\}/g, "{}");

// What a call does is learnt by letting it ask nobody: first where its words go in the address, then what becomes of the rest.
async function learn() {
  let seen;
  const customFetch = async (url, options) => {
    seen = { url: new URL(url), method: options.method, body: options.body };
    return new Response("null", { headers: { "content-type": "application/json" } });
  };
  const api = giteaApi("http://nobody.test", { token: "none", customFetch });
  const calls = new Map();
  const groups = Object.entries(api).filter(([, members]) => members && Object.getPrototypeOf(members) === Object.prototype);
  for (const [group, members] of groups) {
    for (const [name, call] of Object.entries(members).filter(([, call]) => typeof call === "function")) {
      const words = Array.from({ length: call.length }, (_, at) => `~${at}~`);
      seen = undefined;
      await Promise.resolve(call(...words)).catch(() => {});
      if (!seen) continue;
      const path = decodeURI(seen.url.pathname).replace(/^\/api\/v1/, "");
      const parts = [...path.matchAll(/~(\d+)~/g)].map((found) => Number(found[1]));
      const method = seen.method;
      const others = {};
      for (let at = 0; at < call.length; at += 1) {
        if (parts.includes(at)) continue;
        const probe = words.map((word, place) => (parts.includes(place) ? word : {}));
        probe[at] = { probe: "found" };
        await call(...probe).catch(() => {});
        others[seen.url.searchParams.has("probe") ? "query" : "body"] = at;
      }
      calls.set(`${method} ${path.replace(/~\d+~/g, "{}")}`, { group, name, parts, others, takes: call.length });
    }
  }
  return calls;
}

function prepared(step, kept) {
  if (Array.isArray(step)) return step.map((one) => prepared(one, kept));
  if (step && typeof step === "object") return Object.fromEntries(Object.entries(step).map(([key, value]) => [key, prepared(value, kept)]));
  return typeof step === "string" && step.startsWith("$") ? kept[step.slice(1)] : step;
}

async function take(api, call, step, kept) {
  const given = { ...DEFAULTS, ...step.in };
  const words = [...step.do.matchAll(/\{([^}]*)\}/g)].map((found) => given[found[1]]);
  const taken = new Array(call.takes).fill(undefined);
  call.parts.forEach((at, place) => (taken[at] = words[place]));
  if (call.others.query !== undefined) taken[call.others.query] = step.query ?? {};
  if (call.others.body !== undefined) taken[call.others.body] = step.body ?? {};
  if (step.file !== undefined) taken[call.others.body] = { attachment: new Blob([step.file]) };
  // Where Gitea's description does not say what is sent, this client says that it is text, which Gitea does not read either.
  if (step.type) taken.push({ type: step.type });
  const answer = await api[call.group][call.name](...taken).catch((refused) => refused);
  if (answer.status !== step.status) return `status ${answer.status}: ${JSON.stringify(answer.error ?? String(answer))}`;
  for (const [name, place] of Object.entries(step.keep ?? {})) {
    kept[name] = place.split(".").reduce((value, part) => value[part], answer.data);
  }
}

async function main() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const asked = JSON.parse(Buffer.concat(chunks));
  const api = giteaApi(asked.url, { token: asked.token });
  const calls = await learn();
  const [kept, driven, problems] = [asked.given, [], []];
  for (const step of asked.steps) {
    const call = calls.get(shape(step.do));
    if (!call) continue;
    driven.push(shape(step.do));
    const wrong = await take(api, call, prepared(step, kept), kept).catch((error) => String(error));
    if (wrong) problems.push(`${step.do}: ${wrong}`);
  }
  process.stdout.write(JSON.stringify({ operations: [...calls.keys()].sort(), driven, problems }));
}

main();
