//! What was refused. It has no transaction of its own to be written in, and a flood of it must cost neither statements nor disk: the first
//! refusal of a kind is written within a second, the rest of the minute as one line with their number, and the lines of a minute are bounded.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hardie_domain::audit::{AuditEntry, Outcome};
use hardie_domain::ids::{AccountId, RepoId};
use hardie_domain::network::network;
use hardie_domain::time::Timestamp;

use super::entry;
use crate::{App, Ctx, Result};

/// Lines that may be written at once.
const MOST_AT_ONCE: u32 = 256;
/// Lines that may be written in a minute for long.
const MOST_A_MINUTE: u32 = 32;
/// Requests of which is remembered that their refusal is counted: each is met at two doors at most, one right after the other.
const REMEMBERED: usize = 256;
/// Lines that wait for the database. If it is away for so long, what comes then is only counted.
const MOST_WAITING: usize = 2048;
/// Of the words of a refusal.
const MOST_DETAIL: usize = 300;

/// The counters of this process.
pub struct Denials(Mutex<Table>);

struct Table {
    minute: i64,
    /// How many more lines may be written.
    spare: u32,
    counted: HashMap<Kind, (AuditEntry, u64)>,
    /// What is over the bound.
    others: u64,
    waiting: VecDeque<(AuditEntry, Timestamp)>,
    seen: VecDeque<String>,
}

/// What counts as the same.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Kind {
    actor: Option<AccountId>,
    network: Option<std::net::IpAddr>,
    repo: Option<RepoId>,
    what: String,
}

impl Default for Denials {
    fn default() -> Denials {
        let (counted, waiting, seen) = (HashMap::new(), VecDeque::new(), VecDeque::new());
        Denials(Mutex::new(Table { minute: 0, spare: MOST_AT_ONCE, counted, others: 0, waiting, seen }))
    }
}

impl Denials {
    /// Counts a refusal: of what, and why in words that hold no secret. A request counts once.
    pub fn note(&self, ctx: &Ctx, repo: Option<RepoId>, what: &str, why: &str, now: Timestamp) {
        let mut table = self.table();
        if !table.remember(&ctx.request_id) {
            return;
        }
        table.turn(now);
        // Names in it are a client's.
        let what: String = what.chars().take(MOST_DETAIL).collect();
        let kind = Kind { actor: ctx.actor.as_ref().map(|a| a.id), network: ctx.address.map(network), repo, what: what.clone() };
        if let Some((_, more)) = table.counted.get_mut(&kind) {
            *more += 1;
            return;
        }
        if !table.spend() {
            table.others += 1;
            return;
        }
        let detail: String = format!("{what}: {why}").chars().filter(|c| !c.is_control()).take(MOST_DETAIL).collect();
        let line = AuditEntry { repo, outcome: Outcome::Denied, detail, ..entry(ctx, "denied") };
        table.wait(line.clone(), now);
        table.counted.insert(kind, (line, 0));
    }

    /// Whether a refusal that writes its own line may do so now; else it is only counted.
    pub(crate) fn may_write(&self, ctx: &Ctx, now: Timestamp) -> bool {
        let mut table = self.table();
        table.remember(&ctx.request_id);
        table.turn(now);
        let may = table.spend();
        table.others += u64::from(!may);
        may
    }

    fn take(&self, now: Timestamp) -> Vec<(AuditEntry, Timestamp)> {
        let mut table = self.table();
        table.turn(now);
        table.waiting.drain(..).collect()
    }

    /// What is counted so far, for the end of the process.
    fn take_all(&self, now: Timestamp) -> Vec<(AuditEntry, Timestamp)> {
        let mut table = self.table();
        table.sum_up(now);
        table.waiting.drain(..).collect()
    }

    fn give_back(&self, lines: Vec<(AuditEntry, Timestamp)>) {
        let mut table = self.table();
        for (line, at) in lines {
            table.wait(line, at);
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // Counting cannot be left half done by a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Whether this request was not met before. The server's own and those of tests have no id.
    fn remember(&mut self, request: &str) -> bool {
        if request.is_empty() {
            return true;
        }
        if self.seen.iter().any(|seen| seen == request) {
            return false;
        }
        if self.seen.len() >= REMEMBERED {
            self.seen.pop_front();
        }
        self.seen.push_back(request.to_owned());
        true
    }

    /// A new minute begins, also where the clock went back.
    fn turn(&mut self, now: Timestamp) {
        let minute = now.0.div_euclid(60_000);
        if minute == self.minute {
            return;
        }
        self.sum_up(now);
        if minute > self.minute {
            // One minute's worth, however long it was: nobody knows whether the clock tells the truth.
            self.spare = self.spare.saturating_add(MOST_A_MINUTE).min(MOST_AT_ONCE);
        }
        self.minute = minute;
    }

    fn sum_up(&mut self, now: Timestamp) {
        for (_, (line, more)) in std::mem::take(&mut self.counted) {
            if let Some(more) = more.checked_sub(1) {
                self.wait(AuditEntry { more, ..line }, now);
            }
        }
        if let Some(more) = std::mem::take(&mut self.others).checked_sub(1) {
            let detail = "refusals beyond the number of lines that are written in a minute".to_owned();
            self.wait(AuditEntry { outcome: Outcome::Denied, more, detail, ..AuditEntry::by_server("denied") }, now);
        }
    }

    fn spend(&mut self) -> bool {
        match self.spare.checked_sub(1) {
            Some(left) => {
                self.spare = left;
                true
            }
            None => false,
        }
    }

    fn wait(&mut self, line: AuditEntry, at: Timestamp) {
        match self.waiting.len() < MOST_WAITING {
            true => self.waiting.push_back((line, at)),
            false => self.others += line.more.saturating_add(1),
        }
    }
}

/// Writes what was counted; all of it if the process `ends`.
pub async fn write_denials(app: &App, ends: bool) -> Result<u64> {
    let now = app.clock.now();
    let lines = if ends { app.denials.take_all(now) } else { app.denials.take(now) };
    if lines.is_empty() {
        return Ok(0);
    }
    let written = async {
        let mut tx = app.store.begin().await?;
        for (line, at) in &lines {
            tx.insert_audit(line, *at).await?;
        }
        tx.commit().await
    };
    match written.await {
        Ok(()) => Ok(lines.len() as u64),
        Err(error) => {
            app.denials.give_back(lines);
            Err(error.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hardie_domain::push::Door;

    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    fn from(last: u32, request: u32) -> Ctx {
        let address = std::net::Ipv4Addr::from_bits(0xc000_0200 + last);
        Ctx { actor: None, door: Door::Api, address: Some(address.into()), request_id: format!("r{request}") }
    }

    #[test]
    fn the_first_of_a_kind_is_a_line_and_the_rest_of_the_minute_another() {
        let denials = Denials::default();
        for request in 0..1000 {
            denials.note(&from(1, request), None, "POST /user/repos", "sign in first", NOW);
        }
        let lines = denials.take(NOW);
        assert_eq!(lines.iter().map(|(line, _)| line.more).collect::<Vec<_>>(), [0]);
        assert!(denials.take(NOW.plus_seconds(1)).is_empty());
        let lines = denials.take(NOW.plus_seconds(60));
        assert_eq!(lines.iter().map(|(line, _)| line.more + 1).collect::<Vec<_>>(), [999]);
        assert!(denials.take(NOW.plus_seconds(120)).is_empty());
    }

    #[test]
    fn a_request_that_two_doors_refuse_counts_once() {
        let denials = Denials::default();
        denials.note(&from(1, 7), Some(RepoId(1)), "push", "no", NOW);
        denials.note(&from(1, 7), None, "POST x", "no", NOW);
        assert_eq!(denials.take(NOW).len(), 1);
    }

    #[test]
    fn a_flood_from_many_addresses_leaves_few_lines_and_loses_no_number() {
        let denials = Denials::default();
        let (mut lines, mut times) = (0, 0);
        for minute in 0..10u32 {
            let now = NOW.plus_seconds(i64::from(minute) * 60);
            for n in 0..10_000 {
                denials.note(&from(n, minute * 10_000 + n), None, "POST x", "no", now);
            }
            for (line, _) in denials.take(now) {
                lines += 1;
                times += line.more + 1;
            }
        }
        for (line, _) in denials.take_all(NOW.plus_seconds(600)) {
            lines += 1;
            times += line.more + 1;
        }
        assert_eq!(times, 100_000);
        assert!(lines <= u64::from(MOST_AT_ONCE + 10 * (MOST_A_MINUTE + 1)), "{lines}");
    }

    #[test]
    fn while_the_database_is_away_what_waits_is_bounded() {
        let denials = Denials::default();
        let many: Vec<_> = (0..10_000).map(|_| (AuditEntry::by_server("denied"), NOW)).collect();
        denials.give_back(many);
        let lines = denials.take_all(NOW);
        assert_eq!(lines.len(), MOST_WAITING);
        let rest = denials.take_all(NOW);
        let times: u64 = lines.iter().chain(&rest).map(|(line, _)| line.more + 1).sum();
        assert_eq!((times, rest.len()), (10_000, 1));
    }

    #[test]
    fn what_a_client_wrote_has_no_line_ends_in_the_log_and_is_cut() {
        let denials = Denials::default();
        denials.note(&from(1, 1), None, "POST x\n\u{1b}[2J", &"y".repeat(5000), NOW);
        let (line, _) = denials.take(NOW).remove(0);
        assert!(line.detail.chars().count() <= MOST_DETAIL && !line.detail.contains(['\n', '\u{1b}']), "{}", line.detail);
    }
}
