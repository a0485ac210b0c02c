//! Making deliveries of the log: who is told of an event is decided here, once.

use hardie_domain::attempt::{MOST_CAUSED, MOST_DEPTH};
use hardie_domain::event::WEBHOOK_TEST;
use hardie_domain::ids::{EventSeq, InstallationId, OutboxId, RepoId};
use hardie_domain::time::Timestamp;
use hardie_domain::webhook::BUILT_IN;

use crate::events::SEQUENCER;
use crate::outbox::Cause;
use crate::sql::{Cols, count, sql};
use crate::{Result, Tx};

/// What became of some events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// How many events were looked at.
    pub events: u64,
    /// How many deliveries were made of them.
    pub deliveries: u64,
    /// Events that handlers caused, at too great a depth or too many of one root, and that nobody is told of; with whose handler it was.
    pub dropped: Vec<(EventSeq, Option<InstallationId>)>,
}

/// What is looked at of an event.
struct Next {
    seq: EventSeq,
    kind: String,
    repo: Option<RepoId>,
    cause: Cause,
}

fn next(cols: &mut Cols<'_>) -> Result<Next> {
    Ok(Next { seq: cols.id(EventSeq)?, kind: cols.text()?, repo: cols.opt_id(RepoId)?, cause: crate::events::cause(cols)? })
}

impl Tx {
    /// Makes deliveries of the next events of the log, at most `limit` of them. `None` if `holder` does not hold the lease
    /// [`SEQUENCER`] at `now`.
    pub async fn make_deliveries(&mut self, holder: &str, now: Timestamp, limit: u32) -> Result<Option<Made>> {
        let held = sql("UPDATE lease SET uses = uses + 1 WHERE name = $1 AND holder = $2 AND until_at > $3");
        if !self.wrote(held.bind(SEQUENCER).bind(holder).bind(now)).await? {
            return Ok(None);
        }
        let events = sql("SELECT seq, kind, repo_id, depth, cause_id, root_id FROM event \
             WHERE seq > (SELECT delivered_event FROM site) ORDER BY seq LIMIT $1");
        let events = self.all(events.bind(limit), next).await?;
        // Before the deliveries, which look at installations: whoever changes those of the site locks in this order too.
        if let Some(last) = events.last() {
            self.exec(sql("UPDATE site SET delivered_event = $1").bind(last.seq)).await?;
        }
        let mut made = Made { events: events.len() as u64, ..Made::default() };
        for event in &events {
            match self.is_too_much(event).await? {
                true => made.dropped.push((event.seq, event.cause.installation)),
                false => made.deliveries += self.deliver(event, now).await?,
            }
        }
        Ok(Some(made))
    }

    /// Whether handlers made this of each other's events too often.
    async fn is_too_much(&mut self, event: &Next) -> Result<bool> {
        if event.cause.depth > MOST_DEPTH {
            return Ok(true);
        }
        let Some(root) = event.cause.root else { return Ok(false) };
        Ok(self.count_caused(root, event.seq).await? >= u64::from(MOST_CAUSED))
    }

    /// How many events before this one come from the same root, as far as that matters.
    async fn count_caused(&mut self, root: OutboxId, before: EventSeq) -> Result<u64> {
        let statement = sql("SELECT COUNT(*) FROM (SELECT e.seq FROM event e WHERE e.root_id = $1 AND e.seq < $2 LIMIT $3) c");
        self.one(statement.bind(root).bind(before).bind(MOST_CAUSED), count).await
    }

    /// One for each plugin that is told of this, but for the one that caused it; those that are switched off too, for which they
    /// are held. Webhooks have deliveries of their own (`webhooks.rs`).
    async fn deliver(&mut self, event: &Next, now: Timestamp) -> Result<u64> {
        if event.kind == WEBHOOK_TEST {
            return Ok(0);
        }
        let wanted = format!("%\n{}\n%", event.kind);
        let statement = match event.repo {
            // A repository that is gone for good has nobody left to be told.
            Some(_) => sql("INSERT INTO delivery (installation_id, repo_id, lane, seq, state, next_at, created_at) \
                 SELECT i.id, r.id, r.id, $1, 'pending', $2, $2 FROM handler h JOIN installation i ON i.id = h.installation_id \
                 JOIN repo r ON r.id = $7 WHERE (h.kinds = '' OR ($3 || h.kinds || $3) LIKE $4) AND i.id <> $5 AND i.digest <> $6 \
                 AND (i.scope = 'site' OR (i.scope = 'repo' AND i.scope_id = r.id) OR (i.scope = 'account' AND i.scope_id = r.owner_id)) \
                 ORDER BY i.id ON CONFLICT (installation_id, seq, part) DO NOTHING"),
            None => sql("INSERT INTO delivery (installation_id, repo_id, lane, seq, state, next_at, created_at) \
                 SELECT i.id, NULL, 0, $1, 'pending', $2, $2 FROM handler h JOIN installation i ON i.id = h.installation_id \
                 WHERE (h.kinds = '' OR ($3 || h.kinds || $3) LIKE $4) AND i.id <> $5 AND i.digest <> $6 AND i.scope = 'site' \
                 ORDER BY i.id ON CONFLICT (installation_id, seq, part) DO NOTHING"),
        };
        let statement = statement.bind(event.seq).bind(now).bind("\n").bind(wanted);
        let statement = statement.bind(event.cause.installation.unwrap_or(InstallationId(0))).bind(BUILT_IN);
        self.exec(match event.repo {
            Some(repo) => statement.bind(repo),
            None => statement,
        })
        .await
    }
}
