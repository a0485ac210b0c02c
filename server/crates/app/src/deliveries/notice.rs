//! Mails to the people whose webhooks and plugins are not told of events any more: a forge that is silent should not be silent about that.

use hardie_domain::ids::AccountId;
use hardie_domain::mail::MailKind;
use hardie_domain::page::Page;
use hardie_store::Tx;
use hardie_store::accounts::AccountKind;
use hardie_store::org_members::OrgRole;
use hardie_store::plugins::{InstallationRow, Scope};

use crate::{App, Result, mail};

/// Owners of an organisation who are told.
const MOST_TOLD: usize = 10;

/// Tells whoever owns the place of an installation. What belongs to the whole site is in the audit log, which its administrators read.
pub(crate) async fn tell_owner(tx: &mut Tx, app: &App, installation: &InstallationRow, happened: &str) -> Result<()> {
    if !app.mailer.is_there() {
        return Ok(());
    }
    let (owner, place) = match installation.scope {
        Scope::Site => return Ok(()),
        Scope::Account(id) => (id, None),
        Scope::Repo(id) => match tx.find_repo(id).await? {
            Some(repo) => (repo.owner, Some(repo.name)),
            None => return Ok(()),
        },
    };
    let Some(account) = tx.find_account(owner).await? else { return Ok(()) };
    let what = match installation.is_webhook() {
        true => format!("The webhook {}", installation.id),
        false => format!("The plugin {}", installation.name),
    };
    let place = place.map_or_else(|| account.name.to_string(), |repo| format!("{}/{repo}", account.name));
    let text = format!("{what} of {place} is not told of events for now: {}", super::cut(happened));
    for told in people(tx, account.id, account.kind).await? {
        mail::notify(tx, app, MailKind::DeliveryStopped, told, &text).await?;
    }
    Ok(())
}

async fn people(tx: &mut Tx, account: AccountId, kind: AccountKind) -> Result<Vec<AccountId>> {
    if kind == AccountKind::User {
        return Ok(vec![account]);
    }
    let members = tx.list_org_members(account, Page::new(None, Some(Page::MAX_LIMIT))).await?.items;
    Ok(members.into_iter().filter(|member| member.role == OrgRole::Owner).map(|member| member.user.id).take(MOST_TOLD).collect())
}
