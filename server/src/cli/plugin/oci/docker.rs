//! What `docker login` left: `config.json` in `$DOCKER_CONFIG` or `~/.docker`, or a credential helper that it names.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hardie_domain::secret::Secret;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::access::Login;

/// The largest file.
const MOST: u64 = 1 << 20;
/// How Docker Hub is called there.
const HUB: (&str, &str) = ("docker.io", "https://index.docker.io/v1/");

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Config {
    auths: BTreeMap<String, Auth>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Auth {
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Helped {
    username: String,
    secret: String,
}

/// Who to be at a registry, if anybody.
pub fn login(registry: &str) -> anyhow::Result<Option<Login>> {
    let Some(file) = file() else { return Ok(None) };
    match file.metadata() {
        Err(_) => return Ok(None),
        Ok(metadata) => ensure!(metadata.len() <= MOST, "{} is larger than {MOST} bytes", file.display()),
    }
    let text = Zeroizing::new(std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?);
    of(&file, &text, registry)
}

fn file() -> Option<PathBuf> {
    let folder = std::env::var_os("DOCKER_CONFIG").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let home = || Some(PathBuf::from(std::env::var_os("HOME").filter(|home| !home.is_empty())?).join(".docker"));
    folder.or_else(home).map(|folder| folder.join("config.json"))
}

fn of(file: &Path, text: &str, registry: &str) -> anyhow::Result<Option<Login>> {
    // The parser's own words may repeat a password.
    let config: Config = serde_json::from_str(text).map_err(|error| {
        anyhow::anyhow!("{} is not as docker writes it, at line {} column {}", file.display(), error.line(), error.column())
    })?;
    let key = if registry == HUB.0 { HUB.1 } else { registry };
    if let Some(helper) = config.cred_helpers.get(registry) {
        return ask(helper, key);
    }
    let known = config.auths.into_iter().find(|(name, _)| host(name) == host(key)).map(|(_, auth)| auth);
    match known {
        Some(auth) if !auth.identitytoken.is_empty() => {
            bail!("{} has an identity token for {registry}, by which no one can sign in here", file.display())
        }
        Some(auth) if !auth.auth.is_empty() => decoded(&auth.auth).with_context(|| format!("{}: {registry}", file.display())).map(Some),
        Some(auth) if !auth.username.is_empty() => Ok(Some(Login { username: auth.username, password: Secret::new(auth.password) })),
        _ if !config.creds_store.is_empty() => ask(&config.creds_store, key),
        _ => Ok(None),
    }
}

/// Without scheme and path: old files have `https://HOST/v1/`.
fn host(name: &str) -> &str {
    let rest = name.split_once("://").map_or(name, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

fn decoded(auth: &str) -> anyhow::Result<Login> {
    let bytes = Zeroizing::new(STANDARD.decode(auth.trim()).ok().context("its auth is not base64")?);
    let text = std::str::from_utf8(&bytes).ok().context("its auth is not text")?;
    let (username, password) = text.split_once(':').context("its auth has no colon")?;
    Ok(Login { username: username.to_owned(), password: Secret::new(password) })
}

/// Asks `docker-credential-NAME`, which a person's own file names.
fn ask(helper: &str, registry: &str) -> anyhow::Result<Option<Login>> {
    let plain = !helper.is_empty() && helper.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    ensure!(plain, "{helper:?} is not the name of a credential helper");
    let program = format!("docker-credential-{helper}");
    let mut child = program_of(&program).spawn().with_context(|| format!("cannot start {program}"))?;
    // One that ended at once says why by its status.
    let _ = child.stdin.take().map(|mut stdin| stdin.write_all(registry.as_bytes()));
    let output = child.wait_with_output().with_context(|| format!("cannot hear {program}"))?;
    if !output.status.success() {
        // By convention it has nothing for this registry then.
        return Ok(None);
    }
    let said = Zeroizing::new(output.stdout);
    let Helped { username, secret } =
        serde_json::from_slice(&said).ok().with_context(|| format!("{program} did not answer as it should"))?;
    ensure!(username != "<token>", "{program} has an identity token for {registry}, by which no one can sign in here");
    Ok(Some(Login { username, password: Secret::new(secret) }))
}

#[expect(clippy::disallowed_methods, reason = "a person's own helper, with their environment; on a server this never runs")]
fn program_of(program: &str) -> Command {
    let mut command = Command::new(program);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, registry: &str) -> anyhow::Result<Option<(String, String)>> {
        let login = of(Path::new("config.json"), text, registry)?;
        Ok(login.map(|login| (login.username, login.password.expose().to_owned())))
    }

    #[test]
    fn the_one_for_this_registry_is_found_however_it_was_written() {
        let pair = |user: &str, word: &str| STANDARD.encode(format!("{user}:{word}"));
        let text = serde_json::json!({ "auths": {
            "ghcr.io": { "auth": pair("ann", "a:b") }, "localhost:5000": { "username": "bob", "password": "x" },
            "https://index.docker.io/v1/": { "auth": pair("hub", "h") }, "https://old.example/v2/": { "auth": pair("old", "o") },
        }})
        .to_string();
        let is = |user: &str, word: &str| Some((user.to_owned(), word.to_owned()));
        assert_eq!(found(&text, "ghcr.io").unwrap(), is("ann", "a:b"));
        assert_eq!(found(&text, "localhost:5000").unwrap(), is("bob", "x"));
        assert_eq!(found(&text, "docker.io").unwrap(), is("hub", "h"));
        assert_eq!(found(&text, "old.example").unwrap(), is("old", "o"));
        for other in ["localhost:5001", "evil.example", "ghcr.io.evil.example", "ghcr.io:444"] {
            assert_eq!(found(&text, other).unwrap(), None, "{other}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_and_not_repeated() {
        for text in [r#"{"auths": {"a.b": "hush-hush"}}"#, r#"{"auths": {"a.b": {"auth": "hush-hush"}}}"#, "hush-hush"] {
            let error = format!("{:#}", found(text, "a.b").unwrap_err());
            assert!(!error.contains("hush") && error.contains("config.json"), "{error}");
        }
        assert!(found(r#"{"credHelpers": {"a.b": "../evil"}}"#, "a.b").is_err());
        assert!(found(r#"{"auths": {"a.b": {"identitytoken": "x"}}}"#, "a.b").is_err());
    }
}
