//! Lines of the audit log.

use hardie_api_types::audit::AuditEntry;
use hardie_app::audit::AuditLine;

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
        detail: line.detail,
    }
}
