//! Lines of the audit log.

use hardie_api_types::audit::{AuditEnd, AuditEntry, AuditRecord};
use hardie_app::audit::{AuditLine, shown_link};
use hardie_domain::audit::Link;

/// One line.
pub fn audit_line(line: AuditLine) -> AuditEntry {
    AuditEntry {
        id: line.id.0,
        at: line.at.into(),
        action: line.action,
        actor_id: line.actor.map(|id| id.0),
        account_id: line.account.map(|id| id.0),
        repository_id: line.repo.map(|id| id.0),
        address: line.address.unwrap_or_default(),
        door: line.door,
        credential: line.credential,
        request_id: line.request_id,
        result: line.outcome.as_str().to_owned(),
        times: line.times,
        detail: line.detail,
        seq: line.seal.map(|link| link.seq),
        hash: line.seal.map(|link| link.hash.iter().map(|byte| format!("{byte:02x}")).collect()),
    }
}

/// Lines of an export, one JSON object each; after the last of them the end of the chain.
pub fn audit_export(lines: Vec<AuditLine>, head: Link) -> String {
    let is_end = lines.is_empty();
    let mut text = String::new();
    for line in lines {
        let at_ms = line.at.0;
        text.push_str(&serde_json::to_string(&AuditRecord { entry: audit_line(line), at_ms }).unwrap_or_default());
        text.push('\n');
    }
    if is_end {
        text.push_str(&serde_json::to_string(&AuditEnd { head: shown_link(head) }).unwrap_or_default());
        text.push('\n');
    }
    text
}
