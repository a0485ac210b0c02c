//! Puts together what a delivery says, once: from the event, and from the repository as it is when the first attempt begins.

mod commits;

use hardie_domain::access::Role;
use hardie_domain::ids::{AccountId, ReleaseId};
use hardie_domain::oid::Oid;
use hardie_domain::push::Door;
use hardie_store::webhooks::MessageRow;
use serde_json::Value;

use super::parts::{Moved, Subject, subject};
use super::told::{CommitTold, PushTold, Told, What};
use crate::accounts::{Account, shown};
use crate::browse::with_people;
use crate::deliveries::Try;
use crate::releases::release_told;
use crate::repos::Repo;
use crate::{App, Ctx, Result};

/// Bytes of a body. In a form each may become three.
const MOST_BYTES: usize = 300 << 10;
/// From this attempt on a push is told without its commits: reading them went wrong each time before.
const READS: u32 = 3;

/// What a delivery sends; `None` if there is nothing left that could be told.
pub async fn message(app: &App, known: &Try) -> Result<Option<MessageRow>> {
    let payload: Value = serde_json::from_str(&known.event.payload).unwrap_or_default();
    let Some(subject) = subject(&known.event.kind, &payload, known.claim.part) else { return Ok(None) };
    let event = subject.event().to_owned();
    let Some(told) = told(app, known, subject, &payload).await? else { return Ok(None) };
    Ok(Some(MessageRow { uuid: uuid(app), event, body: rendered(app, told) }))
}

/// Too much is left out, which the body says.
fn rendered(app: &App, mut told: Told) -> Vec<u8> {
    let body = app.bodies.render(&told);
    if body.len() <= MOST_BYTES {
        return body;
    }
    match &mut told.what {
        What::Push(push) => (push.commits, push.head, push.truncated) = (Vec::new(), None, true),
        What::Release { release: Some(release), .. } => {
            release.row.note.clear();
            release.assets.clear();
        }
        _ => {}
    }
    app.bodies.render(&told)
}

/// A random one, RFC 9562.
fn uuid(app: &App) -> String {
    let mut bytes = [0; 16];
    app.entropy.fill(&mut bytes);
    let text = hex::encode(uuid_bits(bytes));
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

fn uuid_bits(mut bytes: [u8; 16]) -> [u8; 16] {
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
    *version = (*version & 0x0f) | 0x40;
    *variant = (*variant & 0x3f) | 0x80;
    bytes
}

async fn told(app: &App, known: &Try, subject: Subject, payload: &Value) -> Result<Option<Told>> {
    // Whoever receives it is nobody that signed in.
    let nobody = Ctx { actor: None, door: Door::Api, address: None, request_id: String::new() };
    let Some(repo) = repo(app, &nobody, known).await? else { return Ok(None) };
    let sender = sender(app, &nobody, payload).await?;
    let text = |name: &str| payload.get(name).and_then(Value::as_str).map(str::to_owned);
    let what = match subject {
        Subject::Push(moved) => What::Push(Box::new(push(app, &nobody, known, moved).await?)),
        Subject::Create(moved) => What::Create { name: moved.name, sha: moved.after },
        Subject::Delete(moved) => What::Delete { name: moved.name },
        Subject::Rest(refs) => {
            let push = payload.get("push").and_then(Value::as_i64).unwrap_or_default();
            What::Rest { push, refs }
        }
        Subject::Repository(action) => {
            let previous = text("previous_full_name").filter(|_| matches!(action.as_str(), "renamed" | "transferred"));
            What::Repository { action, previous }
        }
        Subject::Release(action) => {
            let fields = payload.get("release").cloned().unwrap_or_default();
            let id = fields.get("id").and_then(Value::as_i64).map(ReleaseId);
            let release = match id.filter(|_| action != "deleted") {
                Some(id) => release_told(app, &nobody, repo.row.id, id).await?.map(Box::new),
                None => None,
            };
            What::Release { action, release, fields }
        }
        Subject::Fork => What::Fork(payload.get("fork").cloned().unwrap_or_default()),
        Subject::Status => What::Status(payload.clone()),
    };
    Ok(Some(Told { repo, sender, what }))
}

async fn repo(app: &App, nobody: &Ctx, known: &Try) -> Result<Option<Repo>> {
    let whole = |row, owner| Repo { row, owner: shown(nobody, owner), role: Role::Admin, can_own: true, parent: None };
    if let Some(access) = &known.access {
        return Ok(Some(whole(access.repo.clone(), access.owner.clone())));
    }
    let Some(id) = known.claim.repo else { return Ok(None) };
    Ok(app.store.find_kept_repo(id).await?.map(|kept| whole(kept.repo, kept.owner)))
}

async fn sender(app: &App, nobody: &Ctx, payload: &Value) -> Result<Option<Account>> {
    let id = payload.get("actor").and_then(|actor| actor.get("id")).and_then(Value::as_i64);
    let Some(id) = id else { return Ok(None) };
    Ok(app.store.find_account(AccountId(id)).await?.map(|account| shown(nobody, account)))
}

async fn push(app: &App, nobody: &Ctx, known: &Try, moved: Moved) -> Result<PushTold> {
    let ids = (Oid::from_hex(moved.before.as_bytes()), Oid::from_hex(moved.after.as_bytes()));
    let read = match (&known.access, ids) {
        _ if known.claim.attempt >= READS => {
            tracing::warn!(delivery = %known.claim.id, attempt = known.claim.attempt, "a push is told without its commits");
            commits::Read::nothing()
        }
        (Some(access), (Some(before), Some(after))) => commits::read(app, access, &moved.name, before, after).await?,
        _ => commits::Read::nothing(),
    };
    let commits::Read { commits, total, head, truncated } = read;
    let with = |app: App, nobody: Ctx, commits: Vec<commits::One>| async move {
        let infos = commits.iter().map(|one| one.info.clone()).collect();
        let views = with_people(&app, &nobody, infos).await?;
        let joined = views.into_iter().zip(commits).map(|(view, one)| {
            let commits::One { added, removed, modified, .. } = one;
            CommitTold { view, added, removed, modified }
        });
        Ok::<Vec<CommitTold>, crate::Error>(joined.collect())
    };
    let head = with(app.clone(), nobody.clone(), head.into_iter().collect()).await?.pop();
    let commits = with(app.clone(), nobody.clone(), commits).await?;
    Ok(PushTold { name: moved.name, before: moved.before, after: moved.after, commits, total, head, truncated })
}

#[cfg(test)]
mod tests {
    use super::uuid_bits;

    #[test]
    fn an_id_says_that_it_is_random() {
        let all = uuid_bits([0xff; 16]);
        assert_eq!((all[6], all[8], uuid_bits([0; 16])[6], uuid_bits([0; 16])[8]), (0x4f, 0xbf, 0x40, 0x80));
    }
}
