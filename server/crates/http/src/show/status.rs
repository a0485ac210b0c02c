//! Commit statuses.

use hardie_api_types::commit::Commit;
use hardie_api_types::status::{CombinedStatus, CommitStatus, StatusSummary};
use hardie_app::browse::CommitView;
use hardie_app::statuses::{self, Combined, CommitStanding};

use super::{Place, number, repo, user};

impl Place<'_> {
    /// What was found of a commit.
    pub fn status(&self, status: &statuses::CommitStatus) -> CommitStatus {
        let row = &status.row;
        CommitStatus {
            id: row.id.0,
            status: row.finding.state.as_str().to_owned(),
            target_url: row.finding.target_url.clone(),
            description: row.finding.description.clone(),
            url: self.links.repo_api(self.repo, &format!("statuses/{}", row.sha)),
            context: row.finding.context.clone(),
            creator: status.creator.as_ref().map(|account| user(self.links, account)),
            created_at: row.created_at.into(),
            updated_at: row.created_at.into(),
        }
    }

    /// A commit in a list, with what is known of it.
    pub fn judged_commit(&self, view: &CommitView, statuses: &[Combined]) -> Commit {
        let status = statuses.iter().find(|combined| combined.sha == view.info.id).map(|combined| StatusSummary {
            state: combined.state.as_str().to_owned(),
            total_count: number(combined.contexts),
            target_url: combined.target_url.clone(),
        });
        Commit { status, ..self.commit(view) }
    }

    /// What is known of a commit, taken together.
    pub fn standing(&self, standing: &CommitStanding) -> CombinedStatus {
        let combined = standing.combined.as_ref();
        CombinedStatus {
            state: combined.map_or("", |combined| combined.state.as_str()).to_owned(),
            sha: standing.sha.to_hex(),
            total_count: combined.map_or(0, |combined| number(combined.contexts)),
            statuses: standing.newest.iter().map(|status| self.status(status)).collect(),
            repository: repo(self.links, &standing.repo),
            commit_url: self.links.repo_api(self.repo, &format!("git/commits/{}", standing.sha)),
            url: self.links.repo_api(self.repo, &format!("commits/{}/status", standing.sha)),
        }
    }
}
