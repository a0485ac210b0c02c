//! What a component may do, in words: its imports are its permissions.

use std::collections::BTreeMap;

use crate::world::{POLICY_ONLINE, judges_online};

/// Interfaces through which nothing leaves the server, nothing but the repository comes in, and nothing but data of the plugin's own and
/// statuses there are written: whoever administers a repository may give them to a component there.
const HARMLESS: &[&str] = &["types", "repository", "config", "log", "event", "state", "status", "clock", "random"];
const PACKAGE: &str = "hardie:plugin/";
const WASI: &str = "wasi:";
const HTTP: &str = "http";
const SECRETS: &str = "secrets";
/// No interface: what a component judges by, which the same interfaces of a handler would not tell.
const ONLINE: &str = "online";

/// One thing that a component may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// The name by which people consent: the interface without package and version.
    pub name: String,
    /// The same as a sentence.
    pub words: String,
}

impl Permission {
    /// The same where requests may go to these hosts.
    pub fn to_hosts(self, hosts: &[String]) -> Permission {
        let words = match (self.name.as_str(), hosts) {
            (HTTP, []) => "send requests, though to no host until an administrator of the server grants it one".to_owned(),
            (HTTP, hosts) => format!("send requests to {}", hosts.join(" and ")),
            _ => self.words,
        };
        Permission { words, ..self }
    }
}

/// Whether a component with these imports sends requests, and so has a use for hosts.
pub fn sends(imports: &[String]) -> bool {
    imports.iter().any(|import| own(import).is_some_and(|name| name == HTTP || name == SECRETS))
}

/// Whether a component with these imports names secrets.
pub fn names_secrets(imports: &[String]) -> bool {
    imports.iter().any(|import| own(import) == Some(SECRETS))
}

/// What a component of these imports and worlds may do, by name. A newer version of an interface permits nothing more.
pub fn permissions(imports: &[String], worlds: &[String]) -> Vec<Permission> {
    let mut named: BTreeMap<&str, &str> = imports.iter().map(|import| (name(import), without_version(import))).collect();
    if judges_online(worlds) {
        named.insert(ONLINE, ONLINE);
    }
    let named = named.into_iter().filter(|(name, _)| *name != "types");
    named.map(|(name, import)| Permission { name: name.to_owned(), words: words(name, import) }).collect()
}

/// Those of `wanted` that are not among `granted`.
pub fn added(granted: &[Permission], wanted: Vec<Permission>) -> Vec<Permission> {
    wanted.into_iter().filter(|permission| !granted.iter().any(|known| known.name == permission.name)).collect()
}

/// What only a server administrator can grant, imports and worlds; empty if any repository administrator may install the component.
///
/// WASI counts as harmless: the host seals it shut (no files, no environment, no sockets) and refuses what it cannot seal. To have pushes
/// wait for others does not, whatever the component imports.
pub fn that_need_an_administrator<'a>(imports: &'a [String], worlds: &'a [String]) -> Vec<&'a str> {
    let online = judges_online(worlds).then_some(POLICY_ONLINE);
    online.into_iter().chain(imports.iter().map(String::as_str).filter(|import| !is_harmless(import))).collect()
}

fn is_harmless(import: &str) -> bool {
    import.starts_with(WASI) || own(import).is_some_and(|name| HARMLESS.contains(&name))
}

fn without_version(import: &str) -> &str {
    import.split_once('@').map_or(import, |(name, _)| name)
}

/// The interface, if it is one of ours.
fn own(import: &str) -> Option<&str> {
    without_version(import).strip_prefix(PACKAGE)
}

/// All of WASI is one permission: what is behind it is sealed as a whole.
fn name(import: &str) -> &str {
    if import.starts_with(WASI) { "wasi" } else { own(import).unwrap_or(without_version(import)) }
}

fn words(name: &str, import: &str) -> String {
    let known = match name {
        "repository" => "read the push and the repository that it goes to",
        "event" => "be told what happens",
        "config" => "read its configuration",
        "log" => "write to its log",
        "wasi" => "use a sealed standard library: no files, network, environment, time or chance",
        ONLINE => "have pushes wait while it asks others, and answer an equal push otherwise another time",
        HTTP => "send requests to the hosts that it is granted",
        SECRETS => "have secrets filled into what it sends",
        "state" => "keep data of its own between calls",
        "clock" => "read the time",
        "random" => "draw random numbers",
        "status" => "set statuses on commits",
        "web-request" => "answer requests of web clients at an address of this server",
        "caller" => "learn the name and the role of the users who send it requests",
        _ => return format!("use {import}"),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::{added, names_secrets, permissions, sends, that_need_an_administrator};

    fn imports(names: &[&str]) -> Vec<String> {
        names.iter().map(|n| (*n).to_owned()).collect()
    }

    #[test]
    fn what_stays_in_the_repository_is_everybodys_and_the_rest_is_not() {
        let plain =
            imports(&["hardie:plugin/repository@0.1.0", "hardie:plugin/log@0.1.0", "hardie:plugin/config@0.2.0", "wasi:cli/stdout@0.2.3"]);
        assert!(that_need_an_administrator(&plain, &[]).is_empty());
        let within = imports(
            &["event", "state", "status", "clock", "random"]
                .map(|name| format!("hardie:plugin/{name}@0.1.0"))
                .each_ref()
                .map(String::as_str),
        );
        assert!(that_need_an_administrator(&within, &["events".to_owned()]).is_empty());
        assert_eq!(that_need_an_administrator(&within, &["policy-online".to_owned()]), ["policy-online"]);
        let beyond = ["http", "secrets", "web-request", "caller"].map(|name| format!("hardie:plugin/{name}@0.1.0"));
        assert_eq!(that_need_an_administrator(&beyond, &[]), beyond.each_ref());
        let more =
            imports(&["hardie:plugin/http@0.1.0", "hardie:plugin/log@0.1.0", "hardie:plugin/logs@0.1.0", "other:plugin/log@0.1.0", "env"]);
        assert_eq!(
            that_need_an_administrator(&more, &[]),
            ["hardie:plugin/http@0.1.0", "hardie:plugin/logs@0.1.0", "other:plugin/log@0.1.0", "env"]
        );
    }

    #[test]
    fn what_is_added_is_told_by_name_and_in_words() {
        let before = imports(&["hardie:plugin/types@0.1.0", "hardie:plugin/repository@0.1.0"]);
        let newer = imports(&["hardie:plugin/repository@0.2.0", "hardie:plugin/types@0.2.0"]);
        let added = |before: &[String], after: &[String]| added(&permissions(before, &[]), permissions(after, &[]));
        assert!(added(&before, &newer).is_empty(), "a version alone permits nothing more");
        let more = imports(&["wasi:io/streams@0.2.6", "wasi:cli/stdout@0.2.6", "hardie:plugin/http@0.1.0", "other:thing/http@1.0.0"]);
        let names: Vec<String> = added(&before, &more).into_iter().map(|p| p.name).collect();
        assert_eq!(names, ["http", "other:thing/http", "wasi"]);
        assert!(permissions(&more, &[]).iter().any(|p| p.words == "use other:thing/http"));
        assert!(added(&more, &before).iter().map(|p| p.name.as_str()).eq(["repository"]));
    }

    #[test]
    fn what_asks_while_a_push_waits_may_more_than_a_handler_of_the_same_imports() {
        let imports = imports(&["hardie:plugin/http@0.1.0"]);
        let of = |worlds: &[&str]| permissions(&imports, &worlds.iter().map(|world| (*world).to_owned()).collect::<Vec<_>>());
        let both = of(&["policy", "events"]);
        assert_eq!(both, of(&["events"]));
        let more = added(&both, of(&["policy-online"]));
        assert!(matches!(more.as_slice(), [one] if one.name == "online" && one.words.contains("wait")), "{more:?}");
        assert!(added(&of(&["policy-online"]), both).is_empty());
    }

    #[test]
    fn what_sends_is_told_with_its_hosts() {
        let imports = imports(&["hardie:plugin/http@0.1.0", "hardie:plugin/log@0.1.0"]);
        assert!(sends(&imports) && !names_secrets(&imports) && !sends(&imports[1..]));
        let words = |hosts: &[&str]| -> Vec<String> {
            let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
            permissions(&imports, &[]).into_iter().map(|permission| permission.to_hosts(&hosts).words).collect()
        };
        assert_eq!(
            words(&["POST https://a.example", "https://b.example"])[0],
            "send requests to POST https://a.example and https://b.example"
        );
        assert!(words(&[])[0].contains("no host") && words(&[])[1] == "write to its log");
    }
}
