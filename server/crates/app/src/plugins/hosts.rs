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
