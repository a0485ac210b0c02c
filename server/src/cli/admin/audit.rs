//! `hardie admin audit`.

use anyhow::{anyhow, bail};
use clap::Subcommand;
use hardie_app::audit::{AuditExport, AuditQuery, parse_link, shown_link, verify_audit};
use hardie_app::{App, Ctx};
use hardie_domain::audit::Link;

use crate::cli::print_line;

/// What can be done with the audit log.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compute the chain of hashes anew and name the first line that was changed, removed or moved
    ///
    /// Prints where the chain ends. Note that where nobody who can write the database can write, and give it to a later call with
    /// --noted: who can write all of the database can write another chain, but none that passes there.
    #[command(after_help = "Example:\n  hardie admin audit verify --data-dir /var/lib/hardie --noted \
        1204:5a95a57150337560f7568aa910e667256d7c65cf95e81b30b4910eaca332869c")]
    Verify {
        /// SEQ:HASH as an earlier call printed it
        #[arg(long, value_name = "SEQ:HASH", value_parser = link)]
        noted: Option<Link>,
        /// Print one JSON object instead of text
        #[arg(long)]
        json: bool,
    },
    /// Write the sealed lines as JSON, one each, oldest first, and then where the chain ends
    #[command(after_help = "Example:\n  hardie admin audit export --after 1200 --data-dir /var/lib/hardie >> audit.jsonl")]
    Export {
        /// Begin after this line
        #[arg(long, value_name = "SEQ", default_value_t = 0)]
        after: u64,
    },
}

fn link(text: &str) -> Result<Link, &'static str> {
    parse_link(text).ok_or("give SEQ:HASH as `hardie admin audit verify` prints it")
}

pub async fn run(app: &App, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Verify { noted, json } => verify(app, noted, json).await,
        Command::Export { after } => {
            let mut walk = AuditExport::begin(app, &Ctx::system(), &AuditQuery::default(), after).await?;
            loop {
                let lines = walk.next().await?;
                let is_end = lines.is_empty();
                print_line(hardie_http::audit_export(lines, walk.head()).trim_end())?;
                if is_end {
                    return Ok(());
                }
            }
        }
    }
}

async fn verify(app: &App, noted: Option<Link>, json: bool) -> anyhow::Result<()> {
    let found = verify_audit(app, noted).await?;
    let head = shown_link(found.head);
    if json {
        let report = serde_json::json!({ "lines": found.lines, "pruned": found.base.seq, "unsealed": found.unsealed, "head": head,
            "fault": found.fault });
        print_line(&report.to_string())?;
    } else {
        let pruned = if found.base.seq > 0 { format!(", {} before them were pruned", found.base.seq) } else { String::new() };
        print_line(&format!("{} lines{pruned}, {} too new to be sealed", found.lines, found.unsealed))?;
        print_line(&format!("the chain ends at {head}"))?;
    }
    match found.fault {
        None => Ok(()),
        Some(fault) => bail!(anyhow!("the audit log: {fault}")),
    }
}
