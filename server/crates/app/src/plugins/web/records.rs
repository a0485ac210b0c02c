//! What became of web requests to a plugin, for the people who administer it. Kept in memory: a stranger sends as many as they like, and a
//! row of the database for each is what nobody wants to pay for.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use hardie_domain::ids::InstallationId;
use hardie_domain::plugin::FailureClass;
use hardie_domain::scope::Level;
use hardie_domain::time::Timestamp;
use hardie_domain::web::WebRequest;

use super::Answered;
use crate::plugins::Target;
use crate::plugins::install::owned;
use crate::plugins::rights::administered;
use crate::{App, Ctx, Result};

/// Requests of one installation.
const KEPT: usize = 20;
/// Installations.
const INSTALLATIONS: usize = 256;
/// Characters of a path and of a reason.
const PATH: usize = 200;
const TEXT: usize = 1000;
/// Bytes of a log, whole lines.
const LOG: usize = 4096;

/// A web request that failed, or of which the plugin logged something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebRecord {
    /// When it was answered.
    pub at: Timestamp,
    /// The method.
    pub method: String,
    /// The path, without its query, which may hold what is nobody's business.
    pub path: String,
    /// `answered`, `failed` if the plugin said so, or a class of failure.
    pub outcome: &'static str,
    /// The status that the plugin answered with.
    pub status: Option<u16>,
    /// Why it failed, or what was left out of the answer.
    pub text: String,
    /// What the plugin logged.
    pub log: Vec<String>,
}

/// The newest of each installation.
#[derive(Default)]
pub(super) struct Records(Mutex<HashMap<InstallationId, VecDeque<WebRecord>>>);

impl Records {
    pub(super) fn note(&self, at: Timestamp, id: InstallationId, request: &WebRequest, answered: &Answered, text: &str, log: &[String]) {
        let (outcome, status) = match answered {
            Answered::Sent(admitted) => ("answered", Some(admitted.status)),
            Answered::Failed(class) => (class.map_or("failed", FailureClass::as_str), None),
        };
        let mut bytes = 0;
        let fits = |line: &&String| {
            bytes += line.len();
            bytes <= LOG
        };
        let record = WebRecord {
            at,
            method: request.method.clone(),
            path: request.path.chars().take(PATH).collect(),
            outcome,
            status,
            text: text.chars().take(TEXT).collect(),
            log: log.iter().take_while(fits).cloned().collect(),
        };
        let mut records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if records.len() >= INSTALLATIONS && !records.contains_key(&id) {
            let longest_ago = |(_, of): &(&InstallationId, &VecDeque<WebRecord>)| of.front().map(|record| record.at.0);
            if let Some(oldest) = records.iter().min_by_key(longest_ago).map(|(id, _)| *id) {
                records.remove(&oldest);
            }
        }
        let of = records.entry(id).or_default();
        of.truncate(KEPT - 1);
        of.push_front(record);
    }

    fn of(&self, id: InstallationId) -> Vec<WebRecord> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).into_iter().flatten().cloned().collect()
    }
}

/// What became of web requests to an installation since the server was started, newest first: those that failed, and those of which it logged
/// something. Only where it was installed.
pub async fn web_records(app: &App, ctx: &Ctx, target: &Target, id: InstallationId) -> Result<Vec<WebRecord>> {
    let guarded = administered(app, ctx, target, Level::Read).await?;
    Ok(app.web.records.of(owned(app, &guarded, id).await?.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(path: &str) -> WebRequest {
        let (path, base_path) = (path.to_owned(), "/plugins/1".to_owned());
        WebRequest {
            method: "GET".into(),
            path,
            query: Some("token=x".into()),
            base_path,
            headers: Vec::new(),
            body: Vec::new(),
            repo_path: String::new(),
        }
    }

    #[test]
    fn what_is_kept_is_bounded_and_the_newest() {
        let records = Records::default();
        let note = |at: i64, id: i64, path: &str, log: &[String]| {
            records.note(Timestamp(at), InstallationId(id), &request(path), &Answered::Failed(None), &"x".repeat(5000), log);
        };
        for at in 0..100 {
            note(at, 1, &format!("/{at}{}", "y".repeat(500)), &vec!["z".repeat(1000); 100]);
        }
        let kept = records.of(InstallationId(1));
        assert_eq!((kept.len(), kept[0].at, kept[19].at), (KEPT, Timestamp(99), Timestamp(80)));
        assert!(kept.iter().all(|record| record.text.len() == TEXT && record.path.len() == PATH && record.log.len() == 4));
        assert!(!kept[0].path.contains("token"));
        for id in 2..=300 {
            note(1000 + id, id, "/", &[]);
        }
        assert!(records.0.lock().unwrap().len() <= INSTALLATIONS && records.of(InstallationId(1)).is_empty());
        assert_eq!(records.of(InstallationId(300)).len(), 1);
    }
}
