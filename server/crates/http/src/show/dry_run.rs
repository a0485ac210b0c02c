//! What a policy would have said.

use hardie_api_types::plugin::{DryRun, DryRunFinding, DryRunRef};
use hardie_app::plugins;

use super::git::number;

/// The whole of it.
pub fn dry_run(run: plugins::DryRun) -> DryRun {
    DryRun {
        plugin: run.name,
        digest: run.digest.to_string(),
        judged: number(run.judged),
        accepted: number(run.accepted),
        refused: number(run.refused),
        faults: number(run.faults),
        gone: number(run.gone),
        cut_off: run.cut_off.unwrap_or_default().to_owned(),
        fuel_p50: number(run.fuel_p50),
        fuel_max: number(run.fuel_max),
        findings: run.findings.into_iter().map(finding).collect(),
    }
}

fn finding(finding: plugins::Finding) -> DryRunFinding {
    let refs = finding.updates.into_iter();
    DryRunFinding {
        push_id: finding.push.map(|id| id.0),
        actor: finding.actor,
        at: finding.at.map(Into::into),
        refs: refs.map(|u| DryRunRef { name: u.name.to_string(), old: u.old.to_hex(), new: u.new.to_hex() }).collect(),
        outcome: finding.failure.as_str().to_owned(),
        lines: finding.lines,
        fuel: number(finding.fuel),
    }
}
