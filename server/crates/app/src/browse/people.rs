//! Commits with the accounts of the people who made them, and whether their signatures prove it.

use std::collections::HashMap;

use hardie_domain::plugin::CommitInfo;

use crate::accounts::{Account, shown};
use crate::signatures::{self, Subject, Trust};
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
    /// What its signature is worth.
    pub trust: Trust,
}

/// Accounts by the address that they have proven, or that was made for them here.
type People = HashMap<Vec<u8>, Option<Account>>;

/// The account that has proven an address, or for which it was made here; read from the store, or in a transaction.
macro_rules! account_of {
    ($db:expr, $app:expr, $email:expr) => {
        match std::str::from_utf8($email) {
            Ok(text) if text.contains('@') && !text.contains('\0') => match $crate::authorship::login_of($app, text) {
                Some(login) => {
                    let found = $db.find_account_by_name(login).await?;
                    found.filter(|account| account.kind == hardie_store::accounts::AccountKind::User)
                }
                None => $db.find_user_by_verified_email(text).await?,
            },
            _ => None,
        }
    };
}
pub(crate) use account_of;

/// The accounts for some addresses, each looked up once.
pub(crate) async fn people_of(app: &App, emails: &[&Vec<u8>]) -> Result<People> {
    let mut known = People::new();
    for email in emails.iter().copied() {
        if known.len() >= MAX_LOOKUPS || known.contains_key(email) {
            continue;
        }
        let found = account_of!(app.store, app, email);
        known.insert(email.clone(), found);
    }
    Ok(known)
}

/// What the signatures of commits are worth, in their order.
pub(crate) async fn with_trust(app: &App, commits: &[CommitInfo], people: &People) -> Result<Vec<Trust>> {
    let subject = |info: &CommitInfo| Subject {
        id: info.id,
        signed: info.signed.clone(),
        email: info.committer.email.clone(),
        account: people.get(&info.committer.email).and_then(|account| Some(account.as_ref()?.id)),
    };
    signatures::judge(app, commits.iter().map(subject).collect()).await
}

/// Finds the accounts for some commits, each address once, and looks at their signatures.
pub(crate) async fn with_people(app: &App, ctx: &Ctx, commits: Vec<CommitInfo>) -> Result<Vec<CommitView>> {
    let emails: Vec<&Vec<u8>> = commits.iter().flat_map(|c| [&c.author.email, &c.committer.email]).collect();
    let people = people_of(app, &emails).await?;
    let trusts = with_trust(app, &commits, &people).await?;
    let of = |email: &Vec<u8>| people.get(email).cloned().flatten().map(|account| shown(ctx, account));
    let view = |(info, trust): (CommitInfo, Trust)| CommitView {
        author: of(&info.author.email),
        committer: of(&info.committer.email),
        info,
        trust,
    };
    Ok(commits.into_iter().zip(trusts).map(view).collect())
}

/// As [`with_people`], for one.
pub(crate) async fn with_person(app: &App, ctx: &Ctx, info: CommitInfo) -> Result<CommitView> {
    let view = CommitView { info: info.clone(), author: None, committer: None, trust: Trust::Unsigned };
    Ok(with_people(app, ctx, vec![info]).await?.pop().unwrap_or(view))
}
