//! Commits with the accounts of the people who made them.

use std::collections::HashMap;

use hardie_domain::plugin::CommitInfo;
use hardie_store::accounts::AccountKind;

use crate::accounts::{Account, shown};
use crate::authorship::login_of;
use crate::{App, Ctx, Result};

/// Addresses looked up for one answer; authors past it are shown by name only.
const MAX_LOOKUPS: usize = 200;

/// A commit as pages show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitView {
    /// What git stored.
    pub info: CommitInfo,
    /// The account with the author's address.
    pub author: Option<Account>,
    /// The account with the committer's address.
    pub committer: Option<Account>,
}

/// Finds the accounts for some commits, each address once.
pub(crate) async fn with_people(app: &App, ctx: &Ctx, commits: Vec<CommitInfo>) -> Result<Vec<CommitView>> {
    let mut known: HashMap<Vec<u8>, Option<Account>> = HashMap::new();
    for email in commits.iter().flat_map(|c| [&c.author.email, &c.committer.email]) {
        if known.len() >= MAX_LOOKUPS || known.contains_key(email) {
            continue;
        }
        let found = match std::str::from_utf8(email) {
            Ok(text) if text.contains('@') && !text.contains('\0') => match login_of(app, text) {
                Some(login) => app.store.find_account_by_name(login).await?.filter(|account| account.kind == AccountKind::User),
                None => app.store.find_user_by_verified_email(text).await?,
            },
            _ => None,
        };
        known.insert(email.clone(), found.map(|account| shown(ctx, account)));
    }
    let of = |email: &Vec<u8>| known.get(email).cloned().flatten();
    Ok(commits.into_iter().map(|info| CommitView { author: of(&info.author.email), committer: of(&info.committer.email), info }).collect())
}

/// As [`with_people`], for one.
pub(crate) async fn with_person(app: &App, ctx: &Ctx, info: CommitInfo) -> Result<CommitView> {
    let view = CommitView { info: info.clone(), author: None, committer: None };
    Ok(with_people(app, ctx, vec![info]).await?.pop().unwrap_or(view))
}
