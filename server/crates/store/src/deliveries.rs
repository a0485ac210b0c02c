//! Events on their way to installations: made of the log in its order, tried one after the other in each repository, ended once.
//!
//! A try is a lease: whoever ends one names its number and its holder, and hits no row once the lease ran out.

mod make;
mod tries;

use hardie_domain::attempt::DeliveryState;
use hardie_domain::ids::{DeliveryId, EventSeq, InstallationId, RepoId};
use hardie_domain::page::{Page, Paged};
use hardie_domain::plugin::Usage;
use hardie_domain::time::Timestamp;

use crate::sql::{Cols, Sql, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

pub use make::Made;
pub use tries::{Claim, Due, End};

/// One event on its way to one installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    /// The same in every try.
    pub id: DeliveryId,
    /// To whom.
    pub installation: InstallationId,
    /// Where it happened, if in a repository.
    pub repo: Option<RepoId>,
    /// What happened: its place in the log, in which it may be no more.
    pub seq: EventSeq,
    /// Where it stands.
    pub state: DeliveryState,
    /// Tries so far, one that is under way included.
    pub attempt: u32,
    /// When it is tried next, or, while it is, when that try's lease ends.
    pub next_at: Timestamp,
    /// How the last try ended, in one word; empty before the first did.
    pub outcome: String,
    /// The same in more words; may be empty.
    pub text: String,
    /// What the last try logged, line by line.
    pub log: String,
    /// What the last try used.
    pub usage: Usage,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the last try began.
    pub started_at: Option<Timestamp>,
    /// When it came to its end.
    pub ended_at: Option<Timestamp>,
    /// What kind of event it is; empty once the event is gone.
    pub kind: String,
    /// What a webhook is told, in words; empty for plugins.
    pub about: String,
}

fn delivery_row(cols: &mut Cols<'_>) -> Result<DeliveryRow> {
    Ok(DeliveryRow {
        id: cols.id(DeliveryId)?,
        installation: cols.id(InstallationId)?,
        repo: cols.opt_id(RepoId)?,
        seq: cols.id(EventSeq)?,
        state: cols.word(DeliveryState::parse)?,
        attempt: u32::try_from(cols.count()?).unwrap_or(u32::MAX),
        next_at: cols.time()?,
        outcome: cols.text()?,
        text: cols.text()?,
        log: cols.text()?,
        usage: Usage {
            fuel: cols.count()?,
            memory: cols.count()?,
            host_calls: cols.count()?,
            host_bytes: cols.count()?,
            wall_micros: cols.count()?,
        },
        created_at: cols.time()?,
        started_at: cols.opt_time()?,
        ended_at: cols.opt_time()?,
        kind: cols.text()?,
        about: cols.text()?,
    })
}

const SELECT: &str = "SELECT d.id, d.installation_id, d.repo_id, d.seq, d.state, d.attempt, d.next_at, d.outcome, d.text, d.log, d.fuel, \
    d.memory, d.host_calls, d.host_bytes, d.wall_micros, d.created_at, d.started_at, d.ended_at, COALESCE(e.kind, ''), d.about \
    FROM delivery d LEFT JOIN event e ON e.seq = d.seq";

/// Which deliveries of an installation somebody means.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeliveryFilter {
    /// Only those that stand so.
    pub state: Option<DeliveryState>,
    /// Only those of this repository.
    pub repo: Option<RepoId>,
}

/// A range of deliveries of an installation; what is absent does not bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeliveryRange {
    /// From this place of the log on.
    pub from: Option<EventSeq>,
    /// To this place of the log, which is meant too.
    pub to: Option<EventSeq>,
    /// Made at this time or later.
    pub since: Option<Timestamp>,
    /// Made before this time.
    pub until: Option<Timestamp>,
}

fn filtered(start: &'static str, installation: InstallationId, filter: DeliveryFilter) -> Sql {
    let mut statement = sql(start).push(" WHERE d.installation_id = ").push_bind(installation);
    if let Some(state) = filter.state {
        statement = statement.push(" AND d.state = ").push_bind(state.as_str());
    }
    if let Some(repo) = filter.repo {
        statement = statement.push(" AND d.repo_id = ").push_bind(repo);
    }
    statement
}

reads! {
    /// One delivery of an installation.
    pub async fn find_delivery(db, installation: InstallationId, id: DeliveryId) -> Result<Option<DeliveryRow>> {
        let statement = sql(SELECT).push(" WHERE d.installation_id = ").push_bind(installation).push(" AND d.id = ").push_bind(id);
        db.opt(statement, delivery_row).await
    }

    /// Deliveries of an installation, the newest event first.
    pub async fn list_deliveries(db, installation: InstallationId, filter: DeliveryFilter, page: Page) -> Result<Paged<DeliveryRow>> {
        let total = db.one(filtered("SELECT COUNT(*) FROM delivery d", installation, filter), count).await?;
        let statement = filtered(SELECT, installation, filter).push(" ORDER BY d.seq DESC, d.part DESC").page(page);
        Ok(Paged { items: db.all(statement, delivery_row).await?, total })
    }

    /// How many deliveries of an installation have not come to their end.
    pub async fn count_open_deliveries(db, installation: InstallationId) -> Result<u64> {
        let statement = sql("SELECT COUNT(*) FROM delivery WHERE installation_id = $1 AND state IN ('pending', 'running', 'failed')");
        db.one(statement.bind(installation), count).await
    }

    /// Installations with deliveries that were made before `before`.
    pub async fn list_installations_with_old_deliveries(db, before: Timestamp) -> Result<Vec<InstallationId>> {
        let statement = sql("SELECT DISTINCT installation_id FROM delivery WHERE created_at < $1 ORDER BY installation_id");
        db.all(statement.bind(before), |cols| cols.id(InstallationId)).await
    }

    /// Installations of which logs of more than `keep` deliveries are kept.
    pub async fn list_installations_with_many_logs(db, keep: u32) -> Result<Vec<InstallationId>> {
        let statement = sql("SELECT installation_id FROM delivery WHERE log <> '' GROUP BY installation_id HAVING COUNT(*) > $1 \
             ORDER BY installation_id");
        db.all(statement.bind(keep), |cols| cols.id(InstallationId)).await
    }

    /// Installations that are told of nothing any more and for which something waits all the same.
    pub async fn list_unheard_installations(db) -> Result<Vec<InstallationId>> {
        let statement = sql("SELECT i.id FROM installation i WHERE NOT EXISTS (SELECT 1 FROM handler h WHERE h.installation_id = i.id) \
             AND EXISTS (SELECT 1 FROM delivery d WHERE d.installation_id = i.id AND d.state IN ('pending', 'running', 'failed')) ORDER BY i.id");
        db.all(statement, |cols| cols.id(InstallationId)).await
    }

    /// How many deliveries of an installation stand how; states in which there is none are left out.
    pub async fn count_deliveries(db, installation: InstallationId) -> Result<Vec<(DeliveryState, u64)>> {
        let statement = sql("SELECT state, COUNT(*) FROM delivery WHERE installation_id = $1 GROUP BY state ORDER BY state");
        db.all(statement.bind(installation), |cols| Ok((cols.word(DeliveryState::parse)?, cols.count()?))).await
    }
}

/// What a range means, in the order of its values: installation, places, times.
macro_rules! ended_in_range {
    () => {
        "FROM delivery d JOIN event e ON e.seq = d.seq WHERE d.installation_id = $1 AND d.state IN ('done', 'dead', 'skipped') \
         AND d.seq >= $2 AND d.seq <= $3 AND d.created_at >= $4 AND d.created_at < $5"
    };
}

fn ranged(text: &'static str, installation: InstallationId, range: DeliveryRange) -> Sql {
    let statement = sql(text).bind(installation).bind(range.from.unwrap_or(EventSeq(0))).bind(range.to.unwrap_or(EventSeq(i64::MAX)));
    statement.bind(range.since.unwrap_or(Timestamp(0))).bind(range.until.unwrap_or(Timestamp(i64::MAX)))
}

impl Tx {
    /// Lets one that came to its end begin anew, under the same id; `false` if it has not ended or its event is gone.
    pub async fn redeliver(&mut self, installation: InstallationId, id: DeliveryId, now: Timestamp) -> Result<bool> {
        let statement = sql("UPDATE delivery SET state = 'pending', attempt = 0, next_at = $3, asked_at = $3, ended_at = NULL \
             WHERE installation_id = $1 AND id = $2 AND state IN ('done', 'dead', 'skipped') \
             AND EXISTS (SELECT 1 FROM event e WHERE e.seq = delivery.seq)");
        if !self.wrote(statement.bind(installation).bind(id).bind(now)).await? {
            return Ok(false);
        }
        self.exec(sql("UPDATE webhook_message SET refusals = 0 WHERE delivery_id = $1").bind(id)).await?;
        Ok(true)
    }

    /// The same for those of a range whose event is still there, the oldest first; how many, at most `limit`, and the place of the first
    /// that is left.
    pub async fn redeliver_range(
        &mut self,
        installation: InstallationId,
        range: DeliveryRange,
        now: Timestamp,
        limit: u32,
    ) -> Result<(u64, Option<EventSeq>)> {
        let left = ranged(concat!("SELECT d.seq ", ended_in_range!(), " ORDER BY d.seq, d.part LIMIT 1 OFFSET $6"), installation, range);
        let left = self.opt(left.bind(limit), |cols| cols.id(EventSeq)).await?;
        let refused = ranged(
            concat!(
                "UPDATE webhook_message SET refusals = 0 WHERE refusals > 0 AND delivery_id IN (SELECT d.id ",
                ended_in_range!(),
                " ORDER BY d.seq, d.part LIMIT $6)"
            ),
            installation,
            range,
        );
        self.exec(refused.bind(limit)).await?;
        let begun = ranged(
            concat!(
                "UPDATE delivery SET state = 'pending', attempt = 0, next_at = $6, asked_at = $6, ended_at = NULL WHERE id IN \
                 (SELECT d.id ",
                ended_in_range!(),
                " ORDER BY d.seq, d.part LIMIT $7)"
            ),
            installation,
            range,
        );
        Ok((self.exec(begun.bind(now).bind(limit)).await?, left))
    }

    /// Gives up what waits for a try, and tries whose lease ran out; the oldest, at most `limit`, how many. What is being tried goes on.
    pub async fn skip_deliveries(&mut self, installation: InstallationId, why: &str, now: Timestamp, limit: u32) -> Result<u64> {
        let statement = sql("UPDATE delivery SET state = 'skipped', outcome = 'skipped', text = $2, ended_at = $3 WHERE id IN \
             (SELECT o.id FROM delivery o WHERE o.installation_id = $1 AND (o.state IN ('pending', 'failed') \
             OR o.state = 'running' AND o.next_at <= $3) ORDER BY o.seq LIMIT $4)");
        self.exec(statement.bind(installation).bind(why).bind(now).bind(limit)).await
    }

    /// As [`Tx::skip_deliveries`], what was made before `before` and not asked for again since.
    pub async fn skip_old_deliveries(
        &mut self,
        installation: InstallationId,
        before: Timestamp,
        why: &str,
        now: Timestamp,
        limit: u32,
    ) -> Result<u64> {
        let statement = sql("UPDATE delivery SET state = 'skipped', outcome = 'skipped', text = $2, ended_at = $3 WHERE id IN \
             (SELECT o.id FROM delivery o WHERE o.installation_id = $1 AND (o.state IN ('pending', 'failed') \
             OR o.state = 'running' AND o.next_at <= $3) AND o.created_at < $5 AND o.asked_at < $5 ORDER BY o.seq LIMIT $4)");
        self.exec(statement.bind(installation).bind(why).bind(now).bind(limit).bind(before)).await
    }

    /// Removes what was made before `before` and came to its end before it; at most `limit`, how many.
    pub async fn delete_old_deliveries(&mut self, installation: InstallationId, before: Timestamp, limit: u32) -> Result<u64> {
        let statement = sql("DELETE FROM delivery WHERE id IN (SELECT o.id FROM delivery o WHERE o.installation_id = $1 \
             AND o.created_at < $2 AND o.ended_at < $2 AND o.state IN ('done', 'dead', 'skipped') ORDER BY o.id LIMIT $3)");
        self.exec(statement.bind(installation).bind(before).bind(limit)).await
    }

    /// Removes deliveries of an installation that is on its way out, however they stand; at most `limit`, how many.
    pub async fn delete_deliveries(&mut self, installation: InstallationId, limit: u32) -> Result<u64> {
        let statement =
            sql("DELETE FROM delivery WHERE id IN (SELECT o.id FROM delivery o WHERE o.installation_id = $1 ORDER BY o.id LIMIT $2)");
        self.exec(statement.bind(installation).bind(limit)).await
    }

    /// Forgets the logs of all but the newest `keep` deliveries of an installation that have one; of how many, at most `limit`.
    pub async fn trim_delivery_logs(&mut self, installation: InstallationId, keep: u32, limit: u32) -> Result<u64> {
        let statement = sql("UPDATE delivery SET log = '' WHERE id IN (SELECT l.id FROM delivery l WHERE l.installation_id = $1 \
             AND l.log <> '' ORDER BY l.id DESC LIMIT $3 OFFSET $2)");
        self.exec(statement.bind(installation).bind(keep).bind(limit)).await
    }
}
