//! `hardie plugin grant`: the hosts that a plugin may send to.

use hardie_api_types::plugin::{EditInstallationOption, PluginInstallation};

use super::manage::editable;
use super::remote::{Remote, Scope, accepted};
use crate::cli::{print_line, runtime};

/// Arguments of `hardie plugin grant`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hardie plugin grant notify --repo alice/demo\n  hardie plugin grant notify --host hooks.slack.com --repo alice/demo\n  \
    hardie plugin grant notify --host 'POST https://*.example.org:8443' --revoke hooks.slack.com --site"
)]
pub struct Args {
    /// Its name or id there
    plugin: String,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    remote: Remote,
    /// It may send there too, [METHOD,… ][SCHEME://]HOST[:PORT] (administrators of the server only) [default scheme: https]
    #[arg(long, value_name = "HOST")]
    host: Vec<String>,
    /// It may not send there any more
    #[arg(long, value_name = "HOST")]
    revoke: Vec<String>,
    /// It may send nowhere
    #[arg(long, conflicts_with_all = ["host", "revoke"])]
    revoke_all: bool,
    /// Print the installation as JSON
    #[arg(long)]
    json: bool,
}

/// Shows or changes them.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let (path, client) = (args.scope.path()?, args.remote.client()?);
    let shown: PluginInstallation = runtime()?.block_on(async {
        let found = editable(&client, &args.scope, &args.plugin).await?;
        if args.host.is_empty() && args.revoke.is_empty() && !args.revoke_all {
            return Ok(found);
        }
        let revoked: Vec<String> = args.revoke.iter().map(|host| with_scheme(host)).collect();
        if let Some(unknown) = revoked.iter().find(|host| !found.hosts.contains(host)) {
            anyhow::bail!("{} was not granted {unknown}; it may send to {}", found.name, granted(&found));
        }
        let mut wanted = if args.revoke_all { Vec::new() } else { found.hosts };
        wanted.retain(|host| !revoked.contains(host));
        wanted.extend(args.host.iter().map(|host| with_scheme(host)));
        let wish = EditInstallationOption { hosts: Some(wanted), ..EditInstallationOption::default() };
        let answer = client.patch_json(&format!("{path}/{}", found.id), &wish).await?;
        anyhow::Ok(accepted(answer, "nothing was changed")?.json()?)
    })?;
    match args.json {
        true => print_line(&serde_json::to_string(&shown)?),
        false => print_line(&format!("{} (id {}) may send to {}", shown.name, shown.id, granted(&shown))),
    }
}

/// For people.
pub fn granted(installation: &PluginInstallation) -> String {
    match installation.hosts.as_slice() {
        [] => "no host".to_owned(),
        hosts => hosts.join(", "),
    }
}

/// A host as the server takes it: what names no scheme means https.
pub fn with_scheme(host: &str) -> String {
    let (methods, address) = host.trim().rsplit_once(char::is_whitespace).unwrap_or(("", host.trim()));
    let address = if address.contains("://") { address.to_owned() } else { format!("https://{address}") };
    if methods.is_empty() { address } else { format!("{} {address}", methods.trim_end()) }
}

#[cfg(test)]
mod tests {
    use super::with_scheme;

    #[test]
    fn a_bare_host_means_https() {
        for (given, meant) in [
            ("chat.example.com", "https://chat.example.com"),
            ("*.example.com:8443", "https://*.example.com:8443"),
            ("POST,PUT chat.example.com", "POST,PUT https://chat.example.com"),
            ("POST http://10.1.2.3", "POST http://10.1.2.3"),
        ] {
            assert_eq!(with_scheme(given), meant);
        }
    }
}
