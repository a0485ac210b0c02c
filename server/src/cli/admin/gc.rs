//! `hardie admin gc`.

use anyhow::bail;
use hardie_app::App;
use hardie_app::upkeep::{self, Collection, Collections, How, Swept};

use super::{named, progress};
use crate::cli::print_line;

/// Arguments of `hardie admin gc`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  hardie admin gc --data-dir /var/lib/hardie\n  \
    hardie admin gc --expire-now alice/tool --data-dir /var/lib/hardie")]
pub struct Args {
    /// OWNER/REPO; without it every repository
    repo: Option<String>,
    /// Remove at once all that no branch or tag reaches, as for a leaked secret: delete or rewrite what reaches it first
    ///
    /// Nothing keeps it: not the reflog, nor a grace. No door of a running server gives it out from then on; a push under way is
    /// judged again, a fetch that had begun ends. Other repositories, clones and backups that hold it are not touched.
    #[arg(long, requires = "repo")]
    expire_now: bool,
    /// Tell nothing on the way
    #[arg(long)]
    quiet: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

pub async fn run(app: &App, args: Args) -> anyhow::Result<()> {
    let how = if args.expire_now { How::AtOnce } else { How::Thorough };
    let found = match &args.repo {
        Some(repo) => {
            let sum = named(upkeep::collect_one(app, repo, how).await, repo)?;
            Collections { repos: 1, sum, faults: Vec::new() }
        }
        None => {
            let tell = |repo: &str, done: &Collection| {
                if !args.quiet && done.superseded > 0 {
                    progress::note(&format!("{repo}: {}", text(done)));
                }
            };
            upkeep::collect_all(app, tell).await?
        }
    };
    let swept = upkeep::sweep_packs(app).await?;
    for (repo, fault) in &found.faults {
        progress::note(&format!("{repo}: {fault}"));
    }
    print_line(&report(&found, swept, &args))?;
    match found.faults.len() {
        0 => Ok(()),
        n => bail!("{n} repositories could not be looked at; hardie admin verify tells more"),
    }
}

fn text(done: &Collection) -> String {
    let Collection { superseded, bytes_before, bytes_after, kept, set_apart, removed, .. } = done;
    format!(
        "{superseded} packs replaced, {bytes_before} bytes before and {bytes_after} after; of their objects {kept} are kept, \
         {set_apart} set apart, {removed} removed"
    )
}

fn report(found: &Collections, swept: Swept, args: &Args) -> String {
    let Collection { superseded, bytes_before, bytes_after, kept, set_apart, removed, held } = found.sum;
    if args.json {
        let faults: Vec<_> = found.faults.iter().map(|(repo, fault)| serde_json::json!({ "repository": repo, "fault": fault })).collect();
        let report = serde_json::json!({
            "repositories": found.repos, "packs_replaced": superseded, "bytes_before": bytes_before, "bytes_after": bytes_after,
            "objects_kept": kept, "objects_set_apart": set_apart, "objects_removed": removed, "packs_held": held,
            "files_removed": swept.files, "faults": faults,
        });
        return report.to_string();
    }
    let mut lines = vec![format!("{} repositories: {}", found.repos, text(&found.sum))];
    match (args.expire_now, held) {
        (true, 0) => {}
        (true, held) => lines.push(format!(
            "{held} of the old packs are still on disk, since another repository, a backup or a push holds them; this repository gives nothing of them out"
        )),
        (false, _) if superseded > 0 => {
            lines.push("the old files are removed when no request can be reading them any more, in some hours".to_owned());
        }
        (false, _) => {}
    }
    lines.join("\n")
}
