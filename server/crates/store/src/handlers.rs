//! Installations that are told of events: of which kinds, and whether they rest because they kept failing.
//!
//! The row is the lock of everything that decides about an installation's deliveries: it is taken before theirs.

use hardie_domain::attempt::LONGEST_PAUSE;
use hardie_domain::ids::InstallationId;
use hardie_domain::time::Timestamp;

use crate::sql::{Cols, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandlerRow {
    /// Kinds of events that it is told of; all if empty.
    pub kinds: Vec<String>,
    /// Faults in a row.
    pub faults: u32,
    /// When the first of them was.
    pub faults_since: Timestamp,
    /// It rests until then and is tried once afterwards; `None` if it works.
    pub paused_until: Option<Timestamp>,
    /// How long it rests, in seconds; 0 if it works.
    pub pause_seconds: u64,
    /// Why it rests; empty if it works.
    pub pause_reason: String,
}

fn handler_row(cols: &mut Cols<'_>) -> Result<HandlerRow> {
    Ok(HandlerRow {
        kinds: cols.lines()?,
        faults: u32::try_from(cols.count()?).unwrap_or(u32::MAX),
        faults_since: cols.time()?,
        paused_until: Some(cols.time()?).filter(|until| until.0 != 0),
        pause_seconds: cols.count()?,
        pause_reason: cols.text()?,
    })
}

macro_rules! columns {
    () => {
        "kinds, faults, faults_since, paused_until, pause_seconds, pause_reason"
    };
}

reads! {
    /// What an installation is told of; `None` if its component handles no events.
    pub async fn find_handler(db, installation: InstallationId) -> Result<Option<HandlerRow>> {
        let statement = sql(concat!("SELECT ", columns!(), " FROM handler WHERE installation_id = $1"));
        db.opt(statement.bind(installation), handler_row).await
    }

    /// Whether any installation is told of events.
    pub async fn has_handlers(db) -> Result<bool> {
        Ok(db.opt(sql("SELECT installation_id FROM handler LIMIT 1"), |cols| cols.int()).await?.is_some())
    }
}

impl Tx {
    /// Makes an installation one that is told of events; one that is already stays as it is.
    pub async fn insert_handler(&mut self, installation: InstallationId) -> Result<bool> {
        let statement = sql("INSERT INTO handler (installation_id, kinds) VALUES ($1, '') ON CONFLICT DO NOTHING");
        self.wrote(statement.bind(installation)).await
    }

    /// It is told of nothing any more, and nothing is tried; what waits is to be skipped.
    pub async fn delete_handler(&mut self, installation: InstallationId) -> Result<bool> {
        self.wrote(sql("DELETE FROM handler WHERE installation_id = $1").bind(installation)).await
    }

    /// Sets the kinds of events that it is told of from now on; `false` if it is told of none at all.
    pub async fn set_handler_kinds(&mut self, installation: InstallationId, kinds: &[String]) -> Result<bool> {
        let statement = sql("UPDATE handler SET kinds = $2 WHERE installation_id = $1");
        self.wrote(statement.bind(installation).bind(kinds.join("\n"))).await
    }

    /// Holds everybody off who decides about this installation's deliveries, until the transaction ends.
    pub async fn lock_handler(&mut self, installation: InstallationId) -> Result<Option<HandlerRow>> {
        let statement = sql(concat!("UPDATE handler SET faults = faults WHERE installation_id = $1 RETURNING ", columns!()));
        self.opt(statement.bind(installation), handler_row).await
    }

    /// Takes a turn for a try, if the installation is switched on and does not rest; whether it rested until now. After a rest one try is
    /// allowed, and the next not before `until`, unless somebody wakes it earlier. Faults are forgotten if the rest was over for longer than
    /// the longest there is: nothing was tried meanwhile, which says nothing of how the next try goes.
    pub(crate) async fn take_turn(&mut self, installation: InstallationId, now: Timestamp, until: Timestamp) -> Result<Option<bool>> {
        let statement = sql("UPDATE handler SET paused_until = CASE WHEN paused_until = 0 THEN 0 ELSE $3 END, \
             faults = CASE WHEN paused_until > 0 AND paused_until < $4 THEN 0 ELSE faults END, \
             faults_since = CASE WHEN paused_until > 0 AND paused_until < $4 THEN 0 ELSE faults_since END \
             WHERE installation_id = $1 AND paused_until <= $2 \
             AND EXISTS (SELECT 1 FROM installation i WHERE i.id = handler.installation_id AND i.mode <> 'off') RETURNING paused_until");
        let stale = now.plus_seconds(-i64::try_from(LONGEST_PAUSE.as_secs()).unwrap_or(i64::MAX));
        let statement = statement.bind(installation).bind(now).bind(until).bind(stale);
        self.opt(statement, |cols| Ok(cols.int()? != 0)).await
    }

    /// Gives back the one try after a rest that was spent on nothing: the next may begin at once. The handler is locked.
    pub async fn return_turn(&mut self, installation: InstallationId, now: Timestamp) -> Result<bool> {
        let statement = sql("UPDATE handler SET paused_until = $2 WHERE installation_id = $1 AND paused_until > $2");
        self.wrote(statement.bind(installation).bind(now)).await
    }

    /// Notes one more fault in a row; the row begins anew if its first was before `since`. The handler is locked.
    pub async fn note_fault(&mut self, installation: InstallationId, since: Timestamp, now: Timestamp) -> Result<Option<HandlerRow>> {
        let statement = sql(concat!(
            "UPDATE handler SET faults = CASE WHEN faults_since > $2 THEN faults + 1 ELSE 1 END, \
             faults_since = CASE WHEN faults_since > $2 THEN faults_since ELSE $3 END WHERE installation_id = $1 RETURNING ",
            columns!()
        ));
        self.opt(statement.bind(installation).bind(since).bind(now), handler_row).await
    }

    /// Lets it rest.
    pub async fn pause_handler(&mut self, installation: InstallationId, until: Timestamp, seconds: u64, reason: &str) -> Result<bool> {
        let statement = sql("UPDATE handler SET paused_until = $2, pause_seconds = $3, pause_reason = $4 WHERE installation_id = $1");
        self.wrote(statement.bind(installation).bind(until).bind(seconds).bind(reason)).await
    }

    /// It works: faults are forgotten and a rest is over; whether there was one.
    pub async fn resume_handler(&mut self, installation: InstallationId) -> Result<bool> {
        let woken = sql("UPDATE handler SET paused_until = 0, pause_seconds = 0, pause_reason = '' \
             WHERE installation_id = $1 AND paused_until > 0");
        let woken = self.wrote(woken.bind(installation)).await?;
        let well = sql("UPDATE handler SET faults = 0, faults_since = 0 WHERE installation_id = $1 AND faults_since > 0");
        self.exec(well.bind(installation)).await?;
        Ok(woken)
    }
}
