//! Webhooks. Each is an installation without a component ([`hardie_domain::webhook::BUILT_IN`]): its configuration, its row of `handler`, its
//! secrets and its deliveries are those of installations, and so are the statements about them.

use hardie_domain::event::WEBHOOK_TEST;
use hardie_domain::ids::{DeliveryId, EventSeq, InstallationId, RepoId};
use hardie_domain::page::{Page, Paged};
use hardie_domain::time::Timestamp;
use hardie_domain::webhook::BUILT_IN;

use crate::plugins::{ComponentRow, InstallationRow, Scope, installation_row, select_installation};
use crate::sql::{Cols, Sql, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// What a delivery sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// The same in every attempt, and of no other delivery.
    pub uuid: String,
    /// The name of the event.
    pub event: String,
    /// JSON.
    pub body: Vec<u8>,
}

fn message_row(cols: &mut Cols<'_>) -> Result<MessageRow> {
    Ok(MessageRow { uuid: cols.text()?, event: cols.text()?, body: cols.bytes()? })
}

/// Those that are on their way out have no handler any more, and are none.
fn of_scope(statement: Sql, scope: Scope) -> Sql {
    let statement = statement
        .push(" JOIN handler h ON h.installation_id = i.id WHERE i.digest = ")
        .push_bind(BUILT_IN)
        .push(" AND i.scope = ")
        .push_bind(scope.as_str());
    statement.push(" AND i.scope_id = ").push_bind(scope.id())
}

reads! {
    /// The webhooks in exactly this scope, the oldest first.
    pub async fn list_webhooks(db, scope: Scope, page: Page) -> Result<Paged<InstallationRow>> {
        let total = db.one(of_scope(sql("SELECT COUNT(*) FROM installation i"), scope), count).await?;
        let items = db.all(of_scope(select_installation(), scope).push(" ORDER BY i.id").page(page), installation_row).await?;
        Ok(Paged { items, total })
    }

    /// Webhooks whose removal began and did not come to its end; at most `limit`.
    pub async fn list_leaving_webhooks(db, limit: u32) -> Result<Vec<InstallationRow>> {
        let statement = select_installation().push(" WHERE i.digest = ").push_bind(BUILT_IN)
            .push(" AND NOT EXISTS (SELECT 1 FROM handler h WHERE h.installation_id = i.id) ORDER BY i.id LIMIT ").push_bind(i64::from(limit));
        db.all(statement, installation_row).await
    }

    /// Whether there is any webhook at all.
    pub async fn has_webhooks(db) -> Result<bool> {
        Ok(db.opt(sql("SELECT id FROM installation WHERE digest = $1 LIMIT 1").bind(BUILT_IN), |cols| cols.int()).await?.is_some())
    }

    /// The webhooks that are switched on and wait for events of this kind in this repository. A test is one webhook's, whose id is `only`.
    pub async fn list_webhooks_told(db, kind: &str, repo: Option<RepoId>, only: Option<InstallationId>) -> Result<Vec<InstallationRow>> {
        let statement = select_installation().push(" JOIN handler h ON h.installation_id = i.id WHERE i.mode <> 'off' AND i.digest = ")
            .push_bind(BUILT_IN).push(" AND (").push_bind("\n").push(" || h.kinds || ").push_bind("\n").push(") LIKE ")
            .push_bind(format!("%\n{kind}\n%"));
        let statement = match (kind == WEBHOOK_TEST, repo) {
            (true, _) => statement.push(" AND i.id = ").push_bind(only.unwrap_or(InstallationId(0))),
            (false, None) => statement.push(" AND i.scope = 'site'"),
            (false, Some(repo)) => statement.push(" AND (i.scope = 'site' OR (i.scope = 'repo' AND i.scope_id = ").push_bind(repo)
                .push(") OR (i.scope = 'account' AND i.scope_id = (SELECT r.owner_id FROM repo r WHERE r.id = ").push_bind(repo).push(")))"),
        };
        db.all(statement.push(" ORDER BY i.id"), installation_row).await
    }

    /// What a delivery sends; `None` before its first attempt.
    pub async fn find_message(db, delivery: DeliveryId) -> Result<Option<MessageRow>> {
        db.opt(sql("SELECT uuid, event, body FROM webhook_message WHERE delivery_id = $1").bind(delivery), message_row).await
    }

    /// Up to where deliveries were made of the log.
    pub async fn delivered_event(db) -> Result<EventSeq> {
        db.one(sql("SELECT delivered_event FROM site"), |cols| cols.id(EventSeq)).await
    }
}

/// One delivery to be made.
#[derive(Clone, Debug)]
pub struct NewWebhookDelivery<'a> {
    /// To whom.
    pub webhook: InstallationId,
    /// Where it happened.
    pub repo: Option<RepoId>,
    /// What happened.
    pub seq: EventSeq,
    /// Which part of that.
    pub part: u32,
    /// The same in words, for lists.
    pub about: &'a str,
}

impl Tx {
    /// Makes sure of the row that stands for the component of webhooks, which installations refer to.
    pub async fn insert_built_in_component(&mut self, now: Timestamp) -> Result<()> {
        let row = ComponentRow {
            digest: BUILT_IN,
            name: "webhook".to_owned(),
            version: String::new(),
            description: String::new(),
            worlds: Vec::new(),
            imports: Vec::new(),
            default_config: "{}".to_owned(),
            size: 0,
            uploaded_by: None,
            created_at: now,
        };
        self.insert_component(&row, b"").await.map(drop)
    }

    /// Makes a delivery, unless it is made; of a repository that is gone for good nobody is told. All of a webhook are in one lane.
    pub async fn insert_webhook_delivery(&mut self, new: &NewWebhookDelivery<'_>, now: Timestamp) -> Result<bool> {
        let statement = sql("INSERT INTO delivery (installation_id, repo_id, lane, seq, part, about, state, next_at, created_at) \
             SELECT $1, r.id, 0, $2, $3, $4, 'pending', $5, $5 FROM repo r WHERE r.id = $6 \
             ON CONFLICT (installation_id, seq, part) DO NOTHING");
        let statement = statement.bind(new.webhook).bind(new.seq).bind(new.part).bind(new.about).bind(now);
        self.wrote(statement.bind(new.repo.unwrap_or(RepoId(0)))).await
    }

    /// Keeps what a delivery sends, unless something is kept already: that stays.
    pub async fn insert_message(&mut self, delivery: DeliveryId, message: &MessageRow) -> Result<bool> {
        let statement = sql("INSERT INTO webhook_message (delivery_id, uuid, event, body) \
             SELECT d.id, $2, $3, $4 FROM delivery d WHERE d.id = $1 ON CONFLICT (delivery_id) DO NOTHING");
        let statement = statement.bind(delivery).bind(message.uuid.as_str()).bind(message.event.as_str());
        self.wrote(statement.bind(message.body.as_slice())).await
    }

    /// Takes the last attempt of a delivery, which ended, as one that was not made. The webhook is locked.
    pub async fn uncount_attempt(&mut self, delivery: DeliveryId) -> Result<bool> {
        self.wrote(sql("UPDATE delivery SET attempt = attempt - 1 WHERE id = $1 AND attempt > 0").bind(delivery)).await
    }

    /// Counts that the receiver refused this delivery; how often it did since the delivery began. The webhook is locked.
    pub async fn note_refusal(&mut self, delivery: DeliveryId) -> Result<u32> {
        let statement = sql("UPDATE webhook_message SET refusals = refusals + 1 WHERE delivery_id = $1 RETURNING refusals");
        let found = self.opt(statement.bind(delivery), count).await?;
        Ok(u32::try_from(found.unwrap_or_default()).unwrap_or(u32::MAX))
    }
}
