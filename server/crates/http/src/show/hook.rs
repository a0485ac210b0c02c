//! Webhooks, their deliveries and what they send.

use hardie_api_types::account::User;
use hardie_api_types::branch::PayloadCommit;
use hardie_api_types::hook::{Hook, HookDelivery};
use hardie_api_types::hook_body::{ForkBody, PushBody, RefBody, ReleaseBody, RepositoryBody, StatusBody};
use hardie_app::plugins::DeliveryLine;
use hardie_app::webhooks::{CommitTold, PushTold, Told, Webhook, WebhookBodies, What};
use hardie_domain::names::RepoPath;
use hardie_domain::webhook::PARKED;
use serde::Serialize;
use serde_json::Value;

use super::{Place, delivery, number, plugin_events, repo, user};
use crate::links::{Links, encode};

/// A webhook.
pub fn hook(webhook: Webhook) -> Hook {
    let is_parked = webhook.handling.row.paused_until == Some(PARKED);
    let goes = plugin_events(webhook.handling);
    let is_off = goes.state == "off";
    Hook {
        id: webhook.id.0,
        kind: "gitea".to_owned(),
        config: [("url".to_owned(), webhook.url), ("content_type".to_owned(), webhook.content_type)].into(),
        events: webhook.events,
        branch_filter: webhook.branch_filter,
        authorization_header: String::new(),
        active: !is_off,
        created_at: webhook.created_at.into(),
        updated_at: webhook.updated_at.into(),
        state: if is_parked && !is_off { "parked".to_owned() } else { goes.state },
        reason: goes.reason,
        paused_until: goes.paused_until.filter(|_| !is_parked),
        waiting: goes.waiting,
        dead: goes.dead,
        signed: webhook.signs,
    }
}

/// A delivery of a webhook.
pub fn hook_delivery(line: DeliveryLine) -> HookDelivery {
    let (about, message) = (line.row.about.clone(), line.message.clone());
    let shown = delivery(line);
    HookDelivery {
        id: shown.id,
        uuid: message.as_ref().map(|message| message.uuid.clone()).unwrap_or_default(),
        seq: shown.seq,
        about,
        repository: shown.repository,
        state: shown.state,
        attempt: shown.attempt,
        next_at: shown.next_at,
        outcome: shown.outcome,
        text: shown.text,
        created_at: shown.created_at,
        started_at: shown.started_at,
        ended_at: shown.ended_at,
        payload: message.and_then(|message| serde_json::from_slice::<Value>(&message.body).ok()),
    }
}

/// Renders bodies with addresses of one server.
pub struct Bodies(pub Links);

impl WebhookBodies for Bodies {
    fn render(&self, told: &Told) -> Vec<u8> {
        let path = RepoPath { owner: told.repo.owner.name.to_string(), name: told.repo.row.name.to_string() };
        let (place, repository) = (Place { links: &self.0, repo: &path }, repo(&self.0, &told.repo));
        let sender: Option<User> = told.sender.as_ref().map(|account| user(&self.0, account));
        let more = |way: &str| self.0.repo_api(&path, way);
        match &told.what {
            What::Push(push) => {
                let (name, before, after) = (push.name.clone(), push.before.clone(), push.after.clone());
                let compared = match before.bytes().all(|digit| digit == b'0') {
                    true => format!("commit/{after}"),
                    false => format!("compare/{before}...{after}"),
                };
                let more_url = if push.truncated { more(&way_to(push)) } else { String::new() };
                json(&PushBody {
                    name,
                    before,
                    after,
                    compare_url: self.0.repo_page(&path, &compared),
                    commits: push.commits.iter().map(|commit| place.told_commit(commit)).collect(),
                    total_commits: number(push.total),
                    head_commit: push.head.as_ref().map(|commit| place.told_commit(commit)),
                    repository,
                    pusher: sender.clone(),
                    sender,
                    truncated: push.truncated,
                    more_url,
                    total_refs: None,
                })
            }
            What::Rest { push, refs } => json(&PushBody {
                name: String::new(),
                before: String::new(),
                after: String::new(),
                compare_url: String::new(),
                commits: Vec::new(),
                total_commits: 0,
                head_commit: None,
                repository,
                pusher: sender.clone(),
                sender,
                truncated: true,
                more_url: more(&format!("pushes/{push}")),
                total_refs: i64::try_from(*refs).ok(),
            }),
            What::Create { name, sha } => json(&of_ref(name, Some(sha.clone()), repository, sender)),
            What::Delete { name } => json(&of_ref(name, None, repository, sender)),
            What::Repository { action, previous } => json(&RepositoryBody {
                action: action.clone(),
                organization: Some(repository.owner.clone()).filter(|owner| owner.kind == "organization"),
                repository,
                sender,
                previous_full_name: previous.clone(),
            }),
            What::Release { action, release, fields } => {
                let release = match release {
                    Some(release) => place.release(release),
                    None => place.release_gone(fields),
                };
                json(&ReleaseBody { action: action.clone(), release, repository, sender })
            }
            What::Fork(fork) => json(&ForkBody { forkee: repository, repository: fork.clone(), sender }),
            What::Status(fields) => {
                let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
                let (id, sha, state, context) = (field("id"), field("sha"), field("state"), field("context"));
                let (description, target_url) = (field("description"), field("target_url"));
                json(&StatusBody { id, sha, state, context, description, target_url, repository, sender })
            }
        }
    }
}

fn of_ref(name: &str, sha: Option<String>, repository: hardie_api_types::repo::Repository, sender: Option<User>) -> RefBody {
    let branch = name.strip_prefix("refs/heads/");
    let short = branch.or_else(|| name.strip_prefix("refs/tags/")).unwrap_or(name).to_owned();
    let pusher_type = sha.is_none().then(|| "user".to_owned());
    let ref_type = if branch.is_some() { "branch" } else { "tag" }.to_owned();
    RefBody { sha, name: short, ref_type, pusher_type, repository, sender }
}

/// The API that has what was left out.
fn way_to(push: &PushTold) -> String {
    match push.before.bytes().all(|digit| digit == b'0') {
        true => format!("commits?sha={}", push.after),
        false => format!("compare/{}", encode(format!("{}...{}", push.before, push.after).as_bytes())),
    }
}

fn json<T: Serialize>(body: &T) -> Vec<u8> {
    serde_json::to_vec(body).unwrap_or_default()
}

impl Place<'_> {
    fn told_commit(&self, told: &CommitTold) -> PayloadCommit {
        let (added, removed, modified) = (told.added.clone(), told.removed.clone(), told.modified.clone());
        let commit = self.payload_commit(&told.view);
        PayloadCommit { added: Some(added), removed: Some(removed), modified: Some(modified), ..commit }
    }
}
