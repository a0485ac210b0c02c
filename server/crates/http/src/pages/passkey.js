// Asks authenticators, and tells the API what they answered. Nothing here decides anything.
"use strict";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const element = (id) => document.getElementById(id);

function say(words, isBad) {
  const said = element("said");
  said.textContent = words;
  said.setAttribute("role", isBad ? "alert" : "status");
  said.hidden = !words;
}

async function ask(method, path, body) {
  const headers = { "x-hardie-csrf": "1" };
  if (body) headers["content-type"] = "application/json";
  const response = await fetch("../api/v1" + path, { method, headers, body: body && JSON.stringify(body) });
  if (response.ok) return response.status === 204 ? null : response.json();
  const answer = await response.json().catch(() => ({}));
  throw new Error(answer.message || "the server answered " + response.status);
}

const named = (list) => list.map((one) => ({ type: one.type, id: bytes(one.id) }));

async function sign(options) {
  const publicKey = { ...options, challenge: bytes(options.challenge), allowCredentials: named(options.allowCredentials) };
  const { id, response } = await navigator.credentials.get({ publicKey });
  return {
    id,
    response: {
      clientDataJSON: text(response.clientDataJSON),
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
      userHandle: response.userHandle ? text(response.userHandle) : "",
    },
  };
}

async function signIn(who) {
  const credential = await sign(await ask("POST", "/user/sessions/challenge", who));
  await ask("POST", "/user/sessions/passkey", { ...who, credential });
  location.replace("../");
}

async function getCode() {
  const credential = await sign(await ask("POST", "/user/second-factor/challenge"));
  return (await ask("POST", "/user/second-factor/code", { credential })).code;
}

// The password, and a code: one that was typed, or one of a passkey that is there.
async function proof() {
  const current_password = element("password").value;
  if (!current_password) throw new Error("give your current password");
  const typed = element("code").value;
  return { current_password, code: typed || (element("passkeys").children.length ? await getCode() : "") };
}

async function add() {
  const options = await ask("POST", "/user/passkeys/challenge", await proof());
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: named(options.excludeCredentials),
  };
  const { id, response } = await navigator.credentials.create({ publicKey });
  const made = { clientDataJSON: text(response.clientDataJSON), attestationObject: text(response.attestationObject) };
  const added = await ask("POST", "/user/passkeys", { name: element("name").value, credential: { id, response: made } });
  show(added.codes);
  say(added.codes.length ? "Added. Keep these recovery codes: each stands once for a lost passkey." : "Added.");
  await list();
}

async function remove(id) {
  await ask("DELETE", "/user/passkeys/" + id, await proof());
  say("Removed.");
  await list();
}

function show(lines) {
  element("shown").textContent = lines.join("\n");
  element("shown").hidden = !lines.length;
}

async function list() {
  const rows = (await ask("GET", "/user/passkeys")).map((passkey) => {
    const row = document.createElement("li");
    const used = passkey.last_used_at ? "last used " + new Date(passkey.last_used_at).toLocaleString() : "never used";
    row.append(passkey.name + ", " + used + " ");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Remove " + passkey.name;
    button.onclick = () => run(() => remove(passkey.id));
    row.append(button);
    return row;
  });
  element("passkeys").replaceChildren(...rows);
}

let isBusy = false;

async function run(what) {
  if (isBusy) return;
  isBusy = true;
  say("");
  try {
    if (!window.PublicKeyCredential) throw new Error("this browser has no passkeys here: they need https, or localhost");
    await what();
  } catch (error) {
    say(error.name === "NotAllowedError" ? "The browser or the key did not answer, or you said no." : error.message, true);
  } finally {
    isBusy = false;
  }
}

function on(id, event, what) {
  element(id)?.addEventListener(event, (happened) => {
    happened.preventDefault();
    run(what);
  });
}

on("alone", "click", () => signIn({ username: "", password: "" }));
on("second", "submit", () => signIn({ username: element("username").value.trim(), password: element("password").value }));
on("proof", "submit", add);
on("make-code", "click", async () => show([await getCode()]));
if (element("passkeys")) run(list);
