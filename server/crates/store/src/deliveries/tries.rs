//! Tries: which deliveries are due, who has one under way, and how it ends.

use hardie_domain::attempt::DeliveryState;
use hardie_domain::ids::{AccountId, DeliveryId, EventSeq, InstallationId, RepoId};
use hardie_domain::plugin::Usage;
use hardie_domain::time::Timestamp;
use hardie_domain::webhook::BUILT_IN;

use crate::sql::{Cols, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// A delivery that may be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Which.
    pub id: DeliveryId,
    /// To whom.
    pub installation: InstallationId,
    /// Who has the installation, or the repository for which it was made; `None` for one of the site.
    pub owner: Option<AccountId>,
}

/// A try that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Which delivery.
    pub id: DeliveryId,
    /// To whom.
    pub installation: InstallationId,
    /// Where it happened, if in a repository.
    pub repo: Option<RepoId>,
    /// In which order it stands: that of a repository, or 0.
    pub lane: i64,
    /// What happened.
    pub seq: EventSeq,
    /// Which part of that it is about; 0 unless a webhook is told of more than one.
    pub part: u32,
    /// Which try it is, from 1; it begins anew when the delivery does.
    pub attempt: u32,
    /// The same, and never anew: an earlier try is told from this one by it.
    pub number: u64,
    /// Who tries.
    pub holder: String,
    /// Whether it is the one try that an installation has after a rest.
    pub is_probe: bool,
}

/// How a try ended.
#[derive(Clone, Debug)]
pub struct End<'a> {
    /// Where the delivery stands from now on.
    pub state: DeliveryState,
    /// When it is tried again; `None` if it came to its end.
    pub next_at: Option<Timestamp>,
    /// In one word.
    pub outcome: &'a str,
    /// In more words.
    pub text: &'a str,
    /// Lines.
    pub log: &'a str,
    /// What it used.
    pub usage: Usage,
}

fn claim(cols: &mut Cols<'_>) -> Result<Claim> {
    Ok(Claim {
        id: cols.id(DeliveryId)?,
        installation: cols.id(InstallationId)?,
        repo: cols.opt_id(RepoId)?,
        lane: cols.int()?,
        seq: cols.id(EventSeq)?,
        part: u32::try_from(cols.count()?).unwrap_or(u32::MAX),
        attempt: u32::try_from(cols.count()?).unwrap_or(u32::MAX),
        number: cols.count()?,
        holder: cols.text()?,
        is_probe: false,
    })
}

/// The lowest lane of an installation in which a delivery is open.
macro_rules! lane_of {
    ($installation:literal, $more:literal) => {
        concat!(
            "SELECT o.lane FROM delivery o WHERE o.installation_id = ",
            $installation,
            " AND o.state IN ('pending', 'running', 'failed') ",
            $more,
            " ORDER BY o.lane LIMIT 1"
        )
    };
}

macro_rules! released {
    ($why:literal) => {
        concat!(
            "UPDATE delivery SET state = 'failed', attempt = attempt - 1, next_at = $2, holder = '', outcome = 'stopped', text = '",
            $why,
            "'"
        )
    };
}

/// What is due of those whose component `$is`: `=` or `<>` that of webhooks.
macro_rules! due {
    ($is:literal) => {
        // From one lane to the next by the index: what waits behind the first of each is not looked at.
        sql(concat!(
            "WITH RECURSIVE lane (installation_id, lane_id) AS (SELECT h.installation_id, (",
            lane_of!("h.installation_id", ""),
            ") FROM handler h JOIN installation i ON i.id = h.installation_id WHERE i.digest ",
            $is,
            " $4 AND i.mode <> 'off' AND h.paused_until <= $1 \
             UNION ALL SELECT l.installation_id, (",
            lane_of!("l.installation_id", "AND o.lane > l.lane_id"),
            ") FROM lane l WHERE l.lane_id IS NOT NULL), \
             due AS (SELECT d.id, d.installation_id, d.next_at, \
             ROW_NUMBER() OVER (PARTITION BY d.installation_id ORDER BY d.next_at, d.id) AS place FROM lane l JOIN delivery d ON d.id = \
             (SELECT o.id FROM delivery o WHERE o.installation_id = l.installation_id AND o.lane = l.lane_id \
             AND o.state IN ('pending', 'running', 'failed') ORDER BY o.seq, o.part LIMIT 1) \
             WHERE d.next_at <= $1), \
             owned AS (SELECT u.id, u.installation_id, u.place, u.next_at, CASE i.scope WHEN 'account' THEN i.scope_id \
             WHEN 'repo' THEN (SELECT r.owner_id FROM repo r WHERE r.id = i.scope_id) END AS owner_id \
             FROM due u JOIN installation i ON i.id = u.installation_id WHERE u.place <= $2), \
             shared AS (SELECT w.id, w.installation_id, w.owner_id, w.next_at, \
             ROW_NUMBER() OVER (PARTITION BY w.owner_id ORDER BY w.place, w.next_at, w.id) AS place FROM owned w) \
             SELECT s.id, s.installation_id, s.owner_id FROM shared s WHERE s.owner_id IS NULL OR s.place <= 4 * $2 \
             ORDER BY s.place, s.next_at, s.id LIMIT $3"
        ))
    };
}

fn due(cols: &mut Cols<'_>) -> Result<Due> {
    Ok(Due { id: cols.id(DeliveryId)?, installation: cols.id(InstallationId)?, owner: cols.opt_id(AccountId)? })
}

reads! {
    /// The first open delivery in each lane of each plugin, as far as it is due, `of_each` plugin those at most that are
    /// due for longest, and of each owner's plugins four times as many: first the first of each owner, then the second of each. Plugins that are switched off or rest are left
    /// out, and cost nothing, however much waits for them.
    pub async fn list_due_deliveries(db, now: Timestamp, of_each: u32, limit: u32) -> Result<Vec<Due>> {
        db.all(due!("<>").bind(now).bind(of_each).bind(limit).bind(BUILT_IN), due).await
    }

    /// The same of webhooks.
    pub async fn list_due_webhooks(db, now: Timestamp, of_each: u32, limit: u32) -> Result<Vec<Due>> {
        db.all(due!("=").bind(now).bind(of_each).bind(limit).bind(BUILT_IN), due).await
    }

    /// The first open delivery behind one that ended, of the same installation and lane.
    pub async fn next_delivery(db, ended: &Claim) -> Result<Option<DeliveryId>> {
        let statement = sql("SELECT id FROM delivery WHERE installation_id = $1 AND lane = $2 \
             AND state IN ('pending', 'running', 'failed') ORDER BY seq, part LIMIT 1");
        db.opt(statement.bind(ended.installation).bind(ended.lane), |cols| cols.id(DeliveryId)).await
    }
}

impl Tx {
    /// Begins a try that holds until `until`. `None` if the delivery is not due, an earlier one of the same installation and lane
    /// is open, another is being tried, or the installation is switched off or rests; the transaction is to be dropped then.
    pub async fn claim_delivery(
        &mut self,
        id: DeliveryId,
        installation: InstallationId,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Claim>> {
        let Some(is_probe) = self.take_turn(installation, now, until).await? else { return Ok(None) };
        let statement = sql(
            "UPDATE delivery SET state = 'running', attempt = attempt + 1, claims = claims + 1, holder = $3, next_at = $5, started_at = $4 \
             WHERE id = $1 AND installation_id = $2 AND state IN ('pending', 'running', 'failed') AND next_at <= $4 \
             AND NOT EXISTS (SELECT 1 FROM delivery o WHERE o.installation_id = delivery.installation_id \
             AND o.lane = delivery.lane AND o.state IN ('pending', 'running', 'failed') \
             AND ((o.seq, o.part) < (delivery.seq, delivery.part) \
             OR ((o.seq, o.part) > (delivery.seq, delivery.part) AND o.state = 'running' AND o.next_at > $4))) \
             RETURNING id, installation_id, repo_id, lane, seq, part, attempt, claims, holder",
        );
        let statement = statement.bind(id).bind(installation).bind(holder).bind(now).bind(until);
        Ok(self.opt(statement, claim).await?.map(|claim| Claim { is_probe, ..claim }))
    }

    /// Ends a try; `false` if its lease ran out or it is somebody else's by now: then nothing of it may be written.
    pub async fn end_try(&mut self, claim: &Claim, end: &End<'_>, now: Timestamp) -> Result<bool> {
        let statement = sql("UPDATE delivery SET state = $5, next_at = COALESCE($6, next_at), \
             ended_at = $7, outcome = $8, text = $9, log = $10, fuel = $11, memory = $12, host_calls = $13, host_bytes = $14, \
             wall_micros = $15, holder = '' WHERE id = $1 AND claims = $2 AND holder = $3 AND state = 'running' AND next_at > $4");
        let ended_at = end.next_at.is_none().then_some(now);
        let statement = statement.bind(claim.id).bind(claim.number).bind(claim.holder.as_str()).bind(now);
        let statement = statement.bind(end.state.as_str()).bind(end.next_at).bind(ended_at).bind(end.outcome).bind(end.text).bind(end.log);
        let Usage { fuel, memory, host_calls, host_bytes, wall_micros } = end.usage;
        self.wrote(statement.bind(fuel).bind(memory).bind(host_calls).bind(host_bytes).bind(wall_micros)).await
    }

    /// Gives back what a process has under way that stops, so that nobody waits for the end of its leases; how many. Such a try does not
    /// count: a server that is restarted often makes no delivery dead.
    pub async fn release_deliveries(&mut self, holder: &str, now: Timestamp) -> Result<u64> {
        let statement = sql(concat!(released!("the server stopped during this try"), " WHERE holder = $1 AND state = 'running'"));
        self.exec(statement.bind(holder).bind(now)).await
    }

    /// The same for all processes of a node, which ended without a word: their names begin with the node's and a slash.
    pub async fn release_deliveries_of_node(&mut self, node: &str, now: Timestamp) -> Result<u64> {
        let statement = sql(concat!(released!("the server ended during this try"), " WHERE holder LIKE $1 AND state = 'running'"));
        self.exec(statement.bind(format!("{node}/%")).bind(now)).await
    }
}
