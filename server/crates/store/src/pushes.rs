//! Pushes, refused ones included, and what became of each ref. The row of a push is how an unknown COMMIT is resolved.

use hardie_domain::access::Credential;
use hardie_domain::ids::{AccountId, DeployKeyId, GrantId, KeyId, PushId, RepoId, SessionId, TokenId};
use hardie_domain::page::{Page, Paged};
use hardie_domain::push::{Door, RefOutcome, RefUpdate};
use hardie_domain::time::Timestamp;

use crate::sql::{Cols, Value, batches, count, sql};
use crate::store::reads;
use crate::{Error, Result, Tx};

/// A push that begins.
#[derive(Clone, Copy, Debug)]
pub struct NewPush<'a> {
    /// Where to.
    pub repo: RepoId,
    /// By whom; `None` for the server itself.
    pub actor: Option<AccountId>,
    /// How that was proven.
    pub credential: Credential,
    /// Through which door.
    pub door: Door,
    /// The client's address; may be empty.
    pub address: &'a str,
    /// Push options; none holds a line break.
    pub options: &'a [String],
    /// Unguessable and different for each push: finds the row when the commit of its insertion is unknown.
    pub nonce: &'a [u8],
    /// Now.
    pub at: Timestamp,
}

/// Where a push is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushState {
    /// Under way, or left behind by a crash.
    Open,
    /// At least one ref was committed.
    Done,
    /// No ref was committed.
    Refused,
    /// Left behind, and closed by the worker.
    Abandoned,
}

impl PushState {
    /// The word in rows and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            PushState::Open => "open",
            PushState::Done => "done",
            PushState::Refused => "refused",
            PushState::Abandoned => "abandoned",
        }
    }

    fn parse(word: &str) -> Option<PushState> {
        [PushState::Open, PushState::Done, PushState::Refused, PushState::Abandoned].into_iter().find(|s| s.as_str() == word)
    }
}

/// One push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushRow {
    /// Its id.
    pub id: PushId,
    /// Where to.
    pub repo: RepoId,
    /// By whom.
    pub actor: Option<AccountId>,
    /// How that was proven.
    pub credential: Credential,
    /// `ssh`, `http`, `api`, `system`.
    pub door: Door,
    /// The client's address; may be empty.
    pub address: String,
    /// Push options as sent.
    pub options: Vec<String>,
    /// Where it is.
    pub state: PushState,
    /// The whole push's reason when it was refused as a whole; else empty.
    pub text: String,
    /// When it began.
    pub opened_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// What became of each ref, in the order of the push; empty while it is open.
    pub refs: Vec<PushRefRow>,
}

/// What became of one ref of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushRefRow {
    /// What was asked.
    pub update: RefUpdate,
    /// Whether it dropped commits that the ref had.
    pub forced: bool,
    /// What became of it.
    pub outcome: RefOutcome,
}

fn door(word: &str) -> Option<Door> {
    [Door::Ssh, Door::Http, Door::Api, Door::System].into_iter().find(|d| d.as_str() == word)
}

fn credential_word(credential: Credential) -> String {
    match credential {
        Credential::Password => "password".to_owned(),
        Credential::Session(id) => format!("session:{id}"),
        Credential::Token(id) => format!("token:{id}"),
        Credential::SshKey(id) => format!("key:{id}"),
        Credential::DeployKey(id) => format!("deploy-key:{id}"),
        Credential::Grant(id) => format!("grant:{id}"),
        Credential::System => "system".to_owned(),
    }
}

fn parse_credential(word: &str) -> Option<Credential> {
    let (kind, id) = word.split_once(':').unwrap_or((word, "0"));
    let id: i64 = id.parse().ok()?;
    match kind {
        "password" => Some(Credential::Password),
        "session" => Some(Credential::Session(SessionId(id))),
        "token" => Some(Credential::Token(TokenId(id))),
        "key" => Some(Credential::SshKey(KeyId(id))),
        "deploy-key" => Some(Credential::DeployKey(DeployKeyId(id))),
        "grant" => Some(Credential::Grant(GrantId(id))),
        "system" => Some(Credential::System),
        _ => None,
    }
}

fn push_row(cols: &mut Cols<'_>) -> Result<PushRow> {
    Ok(PushRow {
        id: cols.id(PushId)?,
        repo: cols.id(RepoId)?,
        actor: cols.opt_id(AccountId)?,
        credential: cols.word(parse_credential)?,
        door: cols.word(door)?,
        address: cols.text()?,
        options: cols.lines()?,
        state: cols.word(PushState::parse)?,
        text: cols.text()?,
        opened_at: cols.time()?,
        finished_at: cols.opt_time()?,
        refs: Vec::new(),
    })
}

fn push_ref_row(cols: &mut Cols<'_>) -> Result<(PushId, PushRefRow)> {
    let push = cols.id(PushId)?;
    let update = RefUpdate { name: cols.ref_name()?, old: cols.oid()?, new: cols.oid()? };
    let forced = cols.flag()?;
    let accepted = cols.flag()?;
    let text = cols.text()?;
    let outcome = if accepted { RefOutcome::Accepted } else { RefOutcome::Refused(text) };
    Ok((push, PushRefRow { update, forced, outcome }))
}

const SELECT: &str = "SELECT id, repo_id, actor_id, credential, door, address, options, state, text, opened_at, finished_at FROM push";
const SELECT_REFS: &str = "SELECT r.push_id, r.name, r.old_oid, r.new_oid, r.forced, r.accepted, r.text FROM push_ref r";

reads! {
    /// One push with its refs.
    pub async fn find_push(db, id: PushId) -> Result<Option<PushRow>> {
        let Some(mut push) = db.opt(sql(SELECT).push(" WHERE id = ").push_bind(id), push_row).await? else { return Ok(None) };
        let refs = db.all(sql(SELECT_REFS).push(" WHERE r.push_id = ").push_bind(id).push(" ORDER BY r.position"), push_ref_row).await?;
        push.refs = refs.into_iter().map(|(_, row)| row).collect();
        Ok(Some(push))
    }

    /// The push that was begun with this nonce.
    pub async fn find_push_by_nonce(db, nonce: &[u8]) -> Result<Option<PushId>> {
        db.opt(sql("SELECT id FROM push WHERE nonce = $1").bind(nonce), |cols| cols.id(PushId)).await
    }

    /// Pushes to a repository, newest first, each with its first 50 refs.
    pub async fn list_pushes(db, repo: RepoId, page: Page) -> Result<Paged<PushRow>> {
        let total = db.one(sql("SELECT COUNT(*) FROM push WHERE repo_id = $1").bind(repo), count).await?;
        let statement = sql(SELECT).push(" WHERE repo_id = ").push_bind(repo).push(" ORDER BY id DESC").page(page);
        let items = db.all(statement, push_row).await?;
        Ok(Paged { items: db.with_first_refs(repo, items).await?, total })
    }

    /// The same, those before a push; the newest if it is `None`.
    pub async fn list_pushes_before(db, repo: RepoId, before: Option<PushId>, limit: u32) -> Result<Vec<PushRow>> {
        let statement = sql(SELECT).push(" WHERE repo_id = ").push_bind(repo).push(" AND id < ").push_bind(before.unwrap_or(PushId(i64::MAX)))
            .push(" ORDER BY id DESC LIMIT ").push_bind(limit);
        let items = db.all(statement, push_row).await?;
        db.with_first_refs(repo, items).await
    }

    /// Pushes of one repository, which follow each other, with the first 50 refs of each.
    pub async fn with_first_refs(db, repo: RepoId, items: Vec<PushRow>) -> Result<Vec<PushRow>> {
        let mut items = items;
        if let (Some(newest), Some(oldest)) = (items.first().map(|p| p.id), items.last().map(|p| p.id)) {
            let statement = sql(SELECT_REFS)
                .push(" JOIN push p ON p.id = r.push_id WHERE p.repo_id = ").push_bind(repo)
                .push(" AND p.id >= ").push_bind(oldest).push(" AND p.id <= ").push_bind(newest)
                .push(" AND r.position < 50 ORDER BY r.push_id, r.position");
            for (id, row) in db.all(statement, push_ref_row).await? {
                if let Some(push) = items.iter_mut().find(|p| p.id == id) {
                    push.refs.push(row);
                }
            }
        }
        Ok(items)
    }

    /// How many pushes are under way, or were left behind and not closed yet.
    pub async fn count_open_pushes(db) -> Result<u64> {
        db.one(sql("SELECT COUNT(*) FROM push WHERE state = 'open'"), count).await
    }
}

impl Tx {
    /// Begins a push: its row exists before anything else does, so that whatever happens can be looked up.
    pub async fn insert_push(&mut self, new: &NewPush<'_>) -> Result<PushId> {
        let statement = sql("INSERT INTO push (repo_id, actor_id, credential, door, address, options, nonce, state, text, opened_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', '', $8) RETURNING id")
        .bind(new.repo)
        .bind(new.actor)
        .bind(credential_word(new.credential))
        .bind(new.door.as_str())
        .bind(new.address)
        .bind(new.options.join("\n"))
        .bind(new.nonce)
        .bind(new.at);
        self.one(statement, |cols| cols.id(PushId)).await
    }

    /// Ends an open push with what became of each ref, in the order of the push. `false` if it is not open any more: then the
    /// transaction must not be committed.
    pub async fn finish_push(&mut self, id: PushId, state: PushState, text: &str, refs: &[PushRefRow], at: Timestamp) -> Result<bool> {
        if state == PushState::Open {
            return Err(Error::Corrupt("a finished push cannot be open".to_owned()));
        }
        let rows: Vec<(i64, &PushRefRow)> = (0..).zip(refs).collect();
        for some in batches(&rows) {
            let statement = sql("INSERT INTO push_ref (push_id, position, name, old_oid, new_oid, forced, accepted, text)")
                .push_rows(some.iter().map(|(position, row)| values(id, *position, row)));
            // One that ended before has its rows; the answer below tells.
            self.later(statement.push(" ON CONFLICT DO NOTHING")).await?;
        }
        let statement = sql("UPDATE push SET state = $2, text = $3, finished_at = $4 WHERE id = $1 AND state = 'open'");
        self.wrote(statement.bind(id).bind(state.as_str()).bind(text).bind(at)).await
    }

    /// Closes pushes that were left open since before `before`, and ends their holds on packs; how many.
    pub async fn abandon_pushes(&mut self, before: Timestamp, at: Timestamp) -> Result<u64> {
        let statement = sql("UPDATE push SET state = 'abandoned', text = 'the server stopped before this push ended', finished_at = $2 \
             WHERE state = 'open' AND opened_at < $1");
        let closed = self.exec(statement.bind(before).bind(at)).await?;
        self.exec(sql(
            "DELETE FROM pack_stage WHERE EXISTS (SELECT 1 FROM push p WHERE p.id = pack_stage.push_id AND p.state = 'abandoned')",
        ))
        .await?;
        Ok(closed)
    }
}

fn values(push: PushId, position: i64, row: &PushRefRow) -> [Value; 8] {
    let (accepted, text) = match &row.outcome {
        RefOutcome::Accepted => (true, ""),
        RefOutcome::Refused(why) => (false, why.as_str()),
    };
    let RefUpdate { name, old, new } = &row.update;
    [push.into(), position.into(), name.into(), (*old).into(), (*new).into(), row.forced.into(), accepted.into(), text.into()]
}

#[cfg(test)]
mod tests {
    use super::{Credential, DeployKeyId, GrantId, KeyId, SessionId, TokenId, credential_word, parse_credential};

    #[test]
    fn credentials_survive_their_row() {
        let all = [
            Credential::Password,
            Credential::System,
            Credential::Session(SessionId(7)),
            Credential::Token(TokenId(8)),
            Credential::SshKey(KeyId(9)),
            Credential::DeployKey(DeployKeyId(10)),
            Credential::Grant(GrantId(11)),
        ];
        for credential in all {
            assert_eq!(parse_credential(&credential_word(credential)), Some(credential));
        }
        assert_eq!(parse_credential("badge:1"), None);
    }
}
