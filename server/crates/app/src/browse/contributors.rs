//! Who wrote the commits of the default branch, and how many each.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use hardie_domain::access::RepoAction;
use hardie_domain::ids::AccountId;
use hardie_domain::names::RepoPath;
use hardie_domain::oid::Oid;
use hardie_domain::page::{Page, Paged};
use hardie_git::read::{Authors, authors};

use super::account_of;
use super::known::Known;
use super::reading::{explain, read_authorised_slowly};
use crate::access::repo_for;
use crate::accounts::{Account, shown};
use crate::{App, Ctx, Error, Result};

/// After so long what was counted is the answer, and is not kept.
const TIME: Duration = Duration::from_secs(5);
/// Addresses whose accounts are looked up for one answer, those with most commits; others are shown by name only.
const MAX_LOOKUPS: usize = 200;

/// Keyed by the commit, which has the same history wherever it occurs. Whoever asks has been shown it already.
static KNOWN: LazyLock<Known<Oid, Arc<Authors>>> = LazyLock::new(|| Known::new(32));

/// Somebody who wrote commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contributor {
    /// The account with the address, or with several.
    pub account: Option<Account>,
    /// The name of the newest commit. Bytes.
    pub name: Vec<u8>,
    /// The address, for whom commits tell it: empty where there is an account, and to those who have not signed in. Bytes.
    pub email: Vec<u8>,
    /// How many commits; merges are none of them.
    pub commits: u64,
}

/// Some of those who wrote commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contributors {
    /// One page of them, those with most commits first.
    pub page: Paged<Contributor>,
    /// Whether there are more than all pages show, or more commits than were counted.
    pub more: bool,
}

/// Who wrote the commits of the default branch; nobody of an empty repository.
pub async fn contributors(app: &App, ctx: &Ctx, path: &RepoPath, page: Page) -> Result<Contributors> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    let counted = read_authorised_slowly(app, ctx, &access, |reading| {
        let rev = match reading.resolve(None) {
            Err(Error::NotFound(_)) => return Ok(Arc::default()),
            rev => rev?,
        };
        if let Some(known) = KNOWN.get(&rev.commit) {
            return Ok(known);
        }
        let counted = Arc::new(authors(&reading.handle.odb, &rev.commit, &mut reading.spare_budget(TIME)).map_err(explain)?);
        if !counted.cut_short {
            KNOWN.put(rev.commit, Arc::clone(&counted));
        }
        Ok(counted)
    })
    .await?;
    let all = by_account(app, ctx, &counted).await?;
    let total = u64::try_from(all.len()).unwrap_or(u64::MAX);
    let start = usize::try_from(page.offset()).unwrap_or(usize::MAX);
    let items = all.into_iter().skip(start).take(page.limit() as usize).collect();
    Ok(Contributors { page: Paged { items, total }, more: counted.cut_short || counted.more })
}

/// People with several addresses counted as one, where an account says so.
async fn by_account(app: &App, ctx: &Ctx, counted: &Authors) -> Result<Vec<Contributor>> {
    let mut all: Vec<Contributor> = Vec::with_capacity(counted.people.len());
    let mut places: HashMap<AccountId, usize> = HashMap::new();
    for (nth, author) in counted.people.iter().enumerate() {
        let account = if nth < MAX_LOOKUPS { account_of!(app.store, app, &author.email) } else { None };
        let known = account.as_ref().and_then(|account| places.get(&account.id)).and_then(|at| all.get_mut(*at));
        if let Some(known) = known {
            known.commits += author.commits;
            continue;
        }
        let email = match (&account, &ctx.actor) {
            (None, Some(_)) => author.email.clone(),
            _ => Vec::new(),
        };
        if let Some(account) = &account {
            places.insert(account.id, all.len());
        }
        let account = account.map(|account| shown(ctx, account));
        all.push(Contributor { account, name: author.name.clone(), email, commits: author.commits });
    }
    all.sort_by_key(|contributor| std::cmp::Reverse(contributor.commits));
    Ok(all)
}
