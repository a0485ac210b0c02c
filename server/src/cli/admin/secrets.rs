//! `hardie admin secrets`.

use anyhow::bail;
use hardie_app::App;
use hardie_app::identity::check_factors;
use hardie_app::oauth::check_oauth_keys;
use hardie_app::plugins::check_secrets;

use crate::cli::print_line;

/// Arguments of `hardie admin secrets`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hardie admin secrets --data-dir /var/lib/hardie\n  hardie admin secrets --reseal --config /etc/hardie.toml"
)]
pub struct Args {
    /// Seal those that an earlier key sealed ([secrets] earlier-key-files in the configuration) under the present one
    #[arg(long)]
    reseal: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Opens every secret of plugins, second factors and keys that sign tokens, and says which do not open. No value is shown.
pub async fn run(app: &App, args: Args) -> anyhow::Result<()> {
    let report = check_secrets(app, args.reseal).await?;
    let factors = check_factors(app, args.reseal).await?;
    let signers = check_oauth_keys(app, args.reseal).await?;
    if args.json {
        let closed: Vec<_> = report
            .closed
            .iter()
            .map(|one| serde_json::json!({ "plugin": one.installation.0, "name": one.name, "why": one.why.to_string() }))
            .collect();
        let accounts: Vec<_> =
            factors.closed.iter().map(|(account, why)| serde_json::json!({ "account": account.0, "why": why.to_string() })).collect();
        let signing: Vec<_> = signers.closed.iter().map(|(kid, why)| serde_json::json!({ "kid": kid, "why": why.to_string() })).collect();
        let key = app.sealing.current();
        let report = serde_json::json!({
            "key": key, "secrets": report.secrets, "resealed": report.resealed, "closed": closed,
            "second_factors": { "kept": factors.factors, "resealed": factors.resealed, "closed": accounts },
            "token_keys": { "kept": signers.keys, "resealed": signers.resealed, "closed": signing },
        });
        print_line(&report.to_string())?;
    } else {
        for one in &report.closed {
            print_line(&format!("the secret {} of plugin {} does not open: {}", one.name, one.installation, one.why))?;
        }
        for (account, why) in &factors.closed {
            print_line(&format!("the second factor of the account {account} does not open: {why}"))?;
        }
        for (kid, why) in &signers.closed {
            print_line(&format!("the key {kid}, which signed tokens of applications, does not open (another is made): {why}"))?;
        }
        let resealed = |count: u64| match args.reseal {
            true => format!(", {count} sealed again under the key {}", app.sealing.current()),
            false => String::new(),
        };
        print_line(&format!("{} secrets of plugins{}", report.secrets, resealed(report.resealed)))?;
        print_line(&format!("{} second factors{}", factors.factors, resealed(factors.resealed)))?;
        print_line(&format!("{} keys that sign tokens{}", signers.keys, resealed(signers.resealed)))?;
    }
    match report.closed.len().saturating_add(factors.closed.len()) {
        0 => Ok(()),
        n => bail!("{n} secrets do not open: put their key back ([secrets] key-file or earlier-key-files), or set them anew"),
    }
}
