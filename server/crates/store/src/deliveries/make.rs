//! Making deliveries of the log: who is told of an event is decided here, once.

use hardie_domain::attempt::MOST_DEPTH;
use hardie_domain::ids::{EventSeq, InstallationId, RepoId};
use hardie_domain::time::Timestamp;

use crate::events::SEQUENCER;
use crate::sql::sql;
use crate::{Result, Tx};

/// What became of some events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// How many events were looked at.
    pub events: u64,
    /// How many deliveries were made of them.
    pub deliveries: u64,
    /// Events that handlers caused at too great a depth and that nobody is told of, with whose handler it was.
    pub dropped: Vec<(EventSeq, Option<InstallationId>)>,
}

impl Tx {
    /// Makes deliveries of the next events of the log, at most `limit` of them. `None` if `holder` does not hold the lease
    /// [`SEQUENCER`] at `now`.
    pub async fn make_deliveries(&mut self, holder: &str, now: Timestamp, limit: u32) -> Result<Option<Made>> {
        let held = sql("UPDATE lease SET uses = uses + 1 WHERE name = $1 AND holder = $2 AND until_at > $3");
        if !self.wrote(held.bind(SEQUENCER).bind(holder).bind(now)).await? {
            return Ok(None);
        }
        let next = sql("SELECT seq, kind, repo_id, depth, cause_id FROM event WHERE seq > (SELECT delivered_event FROM site) \
             ORDER BY seq LIMIT $1");
        let events = self
            .all(next.bind(limit), |c| Ok((c.id(EventSeq)?, c.text()?, c.opt_id(RepoId)?, c.count()?, c.opt_id(InstallationId)?)))
            .await?;
        let mut made = Made { events: events.len() as u64, ..Made::default() };
        for (seq, kind, repo, depth, cause) in &events {
            if *depth > u64::from(MOST_DEPTH) {
                made.dropped.push((*seq, *cause));
                continue;
            }
            made.deliveries += self.deliver(*seq, kind, *repo, now).await?;
        }
        if let Some((last, ..)) = events.last() {
            self.exec(sql("UPDATE site SET delivered_event = $1").bind(*last)).await?;
        }
        Ok(Some(made))
    }

    /// One for each installation that is told of this; those that are switched off too, for which they are held.
    async fn deliver(&mut self, seq: EventSeq, kind: &str, repo: Option<RepoId>, now: Timestamp) -> Result<u64> {
        let wanted = format!("%\n{kind}\n%");
        let statement = match repo {
            // A repository that is gone for good has nobody left to be told.
            Some(repo) => sql("INSERT INTO delivery (installation_id, repo_id, seq, state, next_at, created_at) \
                 SELECT i.id, r.id, $1, 'pending', $2, $2 FROM handler h JOIN installation i ON i.id = h.installation_id \
                 JOIN repo r ON r.id = $5 WHERE (h.kinds = '' OR ($3 || h.kinds || $3) LIKE $4) \
                 AND (i.scope = 'site' OR (i.scope = 'repo' AND i.scope_id = r.id) OR (i.scope = 'account' AND i.scope_id = r.owner_id)) \
                 ORDER BY i.id ON CONFLICT (installation_id, seq) DO NOTHING")
            .bind(seq)
            .bind(now)
            .bind("\n")
            .bind(wanted)
            .bind(repo),
            None => sql("INSERT INTO delivery (installation_id, repo_id, seq, state, next_at, created_at) \
                 SELECT i.id, NULL, $1, 'pending', $2, $2 FROM handler h JOIN installation i ON i.id = h.installation_id \
                 WHERE (h.kinds = '' OR ($3 || h.kinds || $3) LIKE $4) AND i.scope = 'site' \
                 ORDER BY i.id ON CONFLICT (installation_id, seq) DO NOTHING")
            .bind(seq)
            .bind(now)
            .bind("\n")
            .bind(wanted),
        };
        self.exec(statement).await
    }
}
