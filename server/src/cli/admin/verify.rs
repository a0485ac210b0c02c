//! `hardie admin verify`.

use anyhow::bail;
use hardie_app::audit::verify_audit;
use hardie_app::{App, verify};

use crate::cli::print_line;

/// Arguments of `hardie admin verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hardie admin verify --data-dir /var/lib/hardie")]
pub struct Args {
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

pub async fn run(app: &App, args: Args) -> anyhow::Result<()> {
    let found = verify::verify(app).await?;
    let audit = verify_audit(app, None).await?;
    if args.json {
        let fault = |f: &verify::Fault| {
            let (pack, object) = (f.pack.map(|hash| hash.to_string()), f.object.map(|id| id.to_string()));
            serde_json::json!({ "repository": f.repo, "pack": pack, "object": object, "fault": f.text })
        };
        let faults: Vec<_> = found.faults.iter().map(fault).collect();
        let report = serde_json::json!({ "repositories": found.repos, "refs": found.refs, "packs": found.packs,
            "lfs_objects": found.lfs_objects, "audit_lines": audit.lines,
            "audit_fault": audit.fault, "faults": faults });
        print_line(&report.to_string())?;
    } else {
        for fault in &found.faults {
            print_line(&fault.to_string())?;
        }
        print_line(&format!(
            "{} repositories, {} refs, {} packs, {} LFS objects",
            found.repos, found.refs, found.packs, found.lfs_objects
        ))?;
    }
    if let Some(fault) = audit.fault {
        bail!("the audit log: {fault}; {} other faults found", found.faults.len());
    }
    match found.faults.len() {
        0 => Ok(()),
        n => bail!("{n} faults found; docs/backup.md says how a file is taken out of a backup"),
    }
}
