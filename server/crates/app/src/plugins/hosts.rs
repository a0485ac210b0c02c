//! Where requests of an installation may go. Only administrators of the server add to it, whatever component runs.

use hardie_domain::error::Invalid;
use hardie_domain::grant::sends;
use hardie_domain::scope::Level;
use hardie_store::plugins::ComponentRow;

use crate::access::is_admin;
use crate::{App, Ctx, Error, Result};

/// Hosts of one installation.
const MOST: usize = 64;
/// Bytes of one, as it is written.
const BYTES: usize = 512;

/// Hosts in the form in which they are kept, each once.
pub(super) fn checked(app: &App, hosts: &[String]) -> Result<Vec<String>> {
    let refused = |why: String| Error::from(Invalid::new("hosts", why));
    if hosts.len() > MOST {
        return Err(refused(format!("may be {MOST} at most")));
    }
    let mut checked: Vec<String> = Vec::with_capacity(hosts.len());
    for host in hosts {
        if host.len() > BYTES {
            return Err(refused(format!("are longer than {BYTES} bytes")));
        }
        let host = app.sender.host(host).map_err(|why| refused(format!("are hosts as in [outbound] hosts: {why}")))?;
        if !checked.contains(&host) {
            checked.push(host);
        }
    }
    Ok(checked)
}

/// Those that `wanted` has and `granted` has not.
pub(super) fn more(granted: &[String], wanted: &[String]) -> Vec<String> {
    wanted.iter().filter(|host| !granted.contains(host)).cloned().collect()
}

/// Refuses hosts that are more than before, unless the asker may grant them and the component has a use for them.
pub(super) fn require_grant(ctx: &Ctx, component: &ComponentRow, more: &[String]) -> Result<()> {
    if more.is_empty() {
        return Ok(());
    }
    if !is_admin(ctx, Level::Write) {
        return Err(Error::forbidden(format!("only an administrator of this server grants hosts to plugins: {}", more.join(", "))));
    }
    match sends(&component.imports) {
        true => Ok(()),
        false => Err(Invalid::new("hosts", format!("are of no use to {}, which sends no requests", component.name)).into()),
    }
}

/// For the audit log.
pub(super) fn told(before: &[String], after: &[String]) -> String {
    let part = |words: &str, hosts: Vec<String>| if hosts.is_empty() { String::new() } else { format!("{words} {}", hosts.join(", ")) };
    let parts = [part("may send to", more(before, after)), part("may not send any more to", more(after, before))];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use hardie_domain::plugin::Digest;
    use hardie_domain::push::Door;
    use hardie_domain::time::Timestamp;

    use super::*;

    fn component(import: &str) -> ComponentRow {
        ComponentRow {
            digest: Digest([1; 32]),
            name: "notify".into(),
            version: "1.0".into(),
            description: String::new(),
            worlds: vec!["events".into()],
            imports: vec![format!("hardie:plugin/{import}@0.1.0")],
            default_config: "{}".into(),
            size: 3,
            uploaded_by: None,
            created_at: Timestamp(0),
        }
    }

    #[test]
    fn who_is_no_administrator_takes_hosts_and_gives_none() {
        let hosts = |names: &[&str]| -> Vec<String> { names.iter().map(|name| (*name).to_owned()).collect() };
        let (granted, admin) = (hosts(&["https://a.example", "https://b.example"]), Ctx::system());
        let other = Ctx { door: Door::Api, ..Ctx::system() };
        let judge = |ctx: &Ctx, import: &str, wanted: &[&str]| require_grant(ctx, &component(import), &more(&granted, &hosts(wanted)));
        for less in [&[][..], &["https://b.example"], &["https://b.example", "https://a.example"]] {
            assert!(judge(&other, "http", less).is_ok() && judge(&other, "log", less).is_ok(), "{less:?}");
        }
        for more in ["https://c.example", "https://*.example", "http://a.example", "POST https://a.example"] {
            let refused = judge(&other, "http", &["https://a.example", more]);
            assert!(matches!(&refused, Err(Error::Forbidden(text)) if text.contains(more)), "{refused:?}");
            assert!(judge(&admin, "http", &[more]).is_ok() && judge(&admin, "secrets", &[more]).is_ok());
            assert!(matches!(judge(&admin, "log", &[more]), Err(Error::Invalid(_))), "what sends nothing has no use for hosts");
        }
        assert_eq!(told(&granted, &hosts(&["https://a.example", "c"])), "may send to c; may not send any more to https://b.example");
        assert_eq!(told(&granted, &granted), "");
    }
}
