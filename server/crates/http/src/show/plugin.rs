//! Components, installations, verdicts and pushes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hardie_api_types::plugin::{PluginComponent, PluginInstallation, PluginLogLine, PluginPermission, PluginScope, PluginVersion, Verdict};
use hardie_api_types::plugin_secret::PluginSecret;
use hardie_api_types::plugin_web::PluginRequest;
use hardie_api_types::push::{Push, PushCertificate, PushRef};
use hardie_app::events::{CertificateRow, PushLine};
use hardie_app::plugins::{Component, Installation, LogLine, ScopeView, SecretView, VerdictLine, Version, WebRecord};
use hardie_domain::access::Credential;
use hardie_domain::grant::{Permission, permissions};
use hardie_domain::push::RefOutcome;
use hardie_domain::world::judges_online;
use serde_json::Value;

use super::git::number;

/// A component.
pub fn component(component: Component) -> PluginComponent {
    PluginComponent {
        digest: component.digest.to_string(),
        name: component.name,
        version: component.version,
        description: component.description,
        permissions: permissions(&component.imports, &component.worlds).into_iter().map(permission).collect(),
        worlds: component.worlds,
        imports: component.imports,
        default_config: json(&component.default_config),
        size: number(component.size),
        uploaded_by_id: component.uploaded_by.map(|id| id.0),
        created_at: component.created_at.into(),
    }
}

/// An installation.
pub fn installation(installation: Installation) -> PluginInstallation {
    let (kind, name) = match installation.scope {
        ScopeView::Site => ("site", String::new()),
        ScopeView::Account(account) => ("account", account.name.to_string()),
        ScopeView::Repo(path) => ("repo", path),
    };
    let online = judges_online(&installation.component.worlds);
    PluginInstallation {
        id: installation.id.0,
        name: installation.name,
        scope: PluginScope { kind: kind.to_owned(), name },
        editable: installation.editable,
        component: component(installation.component),
        mode: installation.mode.as_str().to_owned(),
        fail_open: installation.fail_open,
        config: json(&installation.config),
        hosts: installation.hosts,
        online,
        permissions: installation.permissions.into_iter().map(permission).collect(),
        enabled_by: installation.enabled_by.map(|account| account.name.to_string()).unwrap_or_default(),
        created_at: installation.created_at.into(),
        updated_at: installation.updated_at.into(),
        versions: installation.versions.into_iter().map(version).collect(),
    }
}

fn version(version: Version) -> PluginVersion {
    PluginVersion {
        digest: version.component.digest.to_string(),
        version: version.component.version,
        current: version.current,
        by: version.by.map(|account| account.name.to_string()).unwrap_or_default(),
        at: version.at.into(),
    }
}

/// What may be known of a secret.
pub fn plugin_secret(secret: SecretView) -> PluginSecret {
    PluginSecret {
        name: secret.name,
        destination: secret.destination,
        header: secret.header,
        usable: secret.has_key,
        set_by: secret.set_by.map(|account| account.name.to_string()).unwrap_or_default(),
        set_at: secret.set_at.into(),
    }
}

/// What a component may do.
pub fn permission(permission: Permission) -> PluginPermission {
    PluginPermission { name: permission.name, description: permission.words }
}

/// What a policy logged.
pub fn log_line(line: LogLine) -> PluginLogLine {
    PluginLogLine {
        push_id: line.push.0,
        repository: line.repo.unwrap_or_default(),
        outcome: line.failure.map_or("accepted", |class| class.as_str()).to_owned(),
        at: line.at.into(),
        line: line.text,
    }
}

/// What became of a web request.
pub fn plugin_request(record: WebRecord) -> PluginRequest {
    let WebRecord { at, method, path, outcome, status, text, log } = record;
    PluginRequest { at: at.into(), method, path, outcome: outcome.to_owned(), status: status.unwrap_or_default(), text, log }
}

/// What a policy said about a push.
pub fn verdict(line: VerdictLine) -> Verdict {
    let VerdictLine { row, repo } = line;
    Verdict {
        push_id: row.push.0,
        installation_id: row.installation.0,
        plugin: row.name,
        digest: row.digest.to_string(),
        mode: row.mode.as_str().to_owned(),
        repository: repo.unwrap_or_default(),
        outcome: row.failure.map_or("accepted", |class| class.as_str()).to_owned(),
        lines: row.text.lines().map(str::to_owned).collect(),
        log: row.log.lines().map(str::to_owned).collect(),
        at: row.at.into(),
        source: row.source.as_str().to_owned(),
        fuel: number(row.usage.fuel),
        memory: number(row.usage.memory),
        host_calls: number(row.usage.host_calls),
        host_bytes: number(row.usage.host_bytes),
        wall_micros: number(row.usage.wall_micros),
    }
}

/// A push to the repository of this address.
pub fn push(repo: &str, line: PushLine) -> Push {
    let PushLine { row, actor, verdicts } = line;
    let refs = row.refs.into_iter().map(|r| PushRef {
        name: r.update.name.to_string(),
        old: r.update.old.to_hex(),
        new: r.update.new.to_hex(),
        kind: r.update.kind().as_str().to_owned(),
        forced: r.forced,
        result: if r.outcome.is_accepted() { "accepted" } else { "refused" }.to_owned(),
        text: match r.outcome {
            RefOutcome::Refused(text) => text,
            RefOutcome::Accepted => String::new(),
        },
    });
    Push {
        id: row.id.0,
        actor: actor.map(|account| account.name.to_string()).unwrap_or_default(),
        deploy_key: match row.credential {
            Credential::DeployKey(id) => Some(id.0),
            _ => None,
        },
        door: row.door.as_str().to_owned(),
        at: row.opened_at.into(),
        state: row.state.as_str().to_owned(),
        text: row.text,
        options: row.options,
        refs: refs.collect(),
        verdicts: verdicts.into_iter().map(|row| verdict(VerdictLine { row, repo: Some(repo.to_owned()) })).collect(),
    }
}

/// The certificate of a push.
pub fn push_certificate(row: CertificateRow) -> PushCertificate {
    PushCertificate {
        signature: row.signature.as_str().to_owned(),
        signer: row.signer,
        nonce_status: row.nonce.as_str().to_owned(),
        encoding: "base64".to_owned(),
        content: STANDARD.encode(row.text),
    }
}

/// Configuration is stored as the JSON text that was accepted.
fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}
