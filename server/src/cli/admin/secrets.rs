//! `hardie admin secrets`.

use anyhow::bail;
use hardie_app::App;
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

/// Opens every secret and says which do not open. No value is shown.
pub async fn run(app: &App, args: Args) -> anyhow::Result<()> {
    let report = check_secrets(app, args.reseal).await?;
    if args.json {
        let closed: Vec<_> = report
            .closed
            .iter()
            .map(|one| serde_json::json!({ "plugin": one.installation.0, "name": one.name, "why": one.why.to_string() }))
            .collect();
        let key = app.sealing.current();
        let report = serde_json::json!({ "key": key, "secrets": report.secrets, "resealed": report.resealed, "closed": closed });
        print_line(&report.to_string())?;
    } else {
        for one in &report.closed {
            print_line(&format!("the secret {} of plugin {} does not open: {}", one.name, one.installation, one.why))?;
        }
        let resealed =
            if args.reseal { format!(", {} sealed again under the key {}", report.resealed, app.sealing.current()) } else { String::new() };
        print_line(&format!("{} secrets of plugins{resealed}", report.secrets))?;
    }
    match report.closed.len() {
        0 => Ok(()),
        n => bail!("{n} secrets do not open: put their key back ([secrets] key-file or earlier-key-files), or set them anew"),
    }
}
