//! Passwords and codes tried: counted per account and per client network, and made to wait. The rule is `hardie_domain::throttle`.

use hardie_domain::audit::Outcome;
use hardie_domain::ids::AccountId;
use hardie_domain::mail::MailKind;
use hardie_domain::network::network;
use hardie_domain::throttle::{ACCOUNT, ADDRESS, Throttle};
use hardie_store::Tx;
use hardie_store::accounts::AccountRow;
use sha2::{Digest as _, Sha256};

use crate::audit::entry;
use crate::{App, Ctx, Error, Result, mail};

/// What was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The password, or the name.
    Password,
    /// The code, the password being right.
    Code,
}

/// What one attempt is counted under.
pub(super) struct Attempt {
    account: Option<AccountId>,
    subjects: Vec<(Throttle, String, &'static str)>,
}

impl Attempt {
    /// An attempt on an account, or on a name that no account has: both are counted alike, so that they look alike. An address is counted by
    /// itself, whoever's it is: if it waited as its account does, the wait would tell whose it is.
    pub(super) fn new(ctx: &Ctx, user: &str, account: Option<&AccountRow>) -> Attempt {
        let subject = match account.filter(|_| !user.contains('@')) {
            Some(account) => subject_of(account.id),
            None => subject_of_typed(user),
        };
        Attempt::under(ctx, subject, account.map(|a| a.id))
    }

    /// An attempt on an account whose password was right, or by somebody who is signed in, however they called themselves.
    pub(super) fn of_account(ctx: &Ctx, account: AccountId) -> Attempt {
        Attempt::under(ctx, subject_of(account), Some(account))
    }

    fn under(ctx: &Ctx, subject: String, account: Option<AccountId>) -> Attempt {
        let mut subjects = vec![(ACCOUNT, subject, "for this account")];
        if let Some(address) = ctx.address {
            subjects.push((ADDRESS, format!("address:{}", network(address)), "from your network address"));
        }
        Attempt { account, subjects }
    }

    /// Refuses while a wait is on, naming how long.
    pub(super) async fn check(&self, app: &App) -> Result<()> {
        let now = app.clock.now();
        for (throttle, subject, what) in &self.subjects {
            let Some(row) = app.store.find_failures(subject).await? else { continue };
            if let Some(seconds) = throttle.wait(row.failures, row.last_failure, now) {
                let text = format!("too many failed sign-ins {what}: try again in {}", in_words(seconds));
                return Err(Error::RateLimited { text, retry_after: seconds });
            }
        }
        Ok(())
    }

    /// Counts a failure and records it.
    pub(super) async fn failed(&self, app: &App, ctx: &Ctx, fault: Fault) -> Result<()> {
        let now = app.clock.now();
        let mut tx = app.store.begin().await?;
        let mut counted = Vec::new();
        for (throttle, subject, _) in &self.subjects {
            let forget_before = now.plus_seconds(-i64::from(throttle.forget_after));
            counted.push(tx.add_failure(subject, now, forget_before).await?.failures);
        }
        if let (Fault::Code, Some(account), Some(failures)) = (fault, self.account, counted.first()) {
            warn_owner(&mut tx, app, account, *failures).await?;
        }
        let mut line = entry(ctx, "sign-in.fail");
        line.account = self.account;
        let what = match (fault, self.account) {
            (Fault::Code, _) => "wrong code",
            (Fault::Password, Some(_)) => "wrong password",
            (Fault::Password, None) => "unknown name",
        };
        line.detail = format!("{what} by {}", ctx.door.as_str());
        line.outcome = Outcome::Denied;
        if app.denials.may_write(ctx, now) {
            tx.insert_audit(&line, now).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Forgets the account's failures after a sign-in. Those of the address stay: a guesser may own an account too.
    pub(super) async fn passed(&self, app: &App) -> Result<()> {
        let Some((_, subject, _)) = self.subjects.first() else { return Ok(()) };
        if app.store.find_failures(subject).await?.is_none() {
            return Ok(());
        }
        let mut tx = app.store.begin().await?;
        tx.clear_failures(subject).await?;
        Ok(tx.commit().await?)
    }
}

/// Tells the owner now and then that somebody has the password and guesses at the codes: without end, that would be no bound.
async fn warn_owner(tx: &mut Tx, app: &App, account: AccountId, failures: u32) -> Result<()> {
    if !failures.is_multiple_of(ACCOUNT.free) || !tx.has_factor(account).await? {
        return Ok(());
    }
    let happened = "Somebody gave the right password and several wrong codes of the second factor. Nobody was let in by them.";
    mail::notify(tx, app, MailKind::CodesTried, account, happened).await
}

/// Forgets all failures on an account whose password is another from now on: who guessed made its owner wait.
pub(super) async fn forget(tx: &mut Tx, account: &AccountRow) -> Result<()> {
    for subject in [subject_of(account.id), subject_of_typed(&account.email)] {
        tx.clear_failures(&subject).await?;
    }
    Ok(())
}

/// What failures on an account are counted under.
fn subject_of(account: AccountId) -> String {
    format!("account:{account}")
}

/// What failures on a name that nobody has, or on an address, are counted under. It may be a password in the wrong field: it is neither kept
/// nor shown.
fn subject_of_typed(user: &str) -> String {
    format!("name:{}", hex::encode(Sha256::digest(user.to_lowercase().as_bytes())))
}

fn in_words(seconds: u64) -> String {
    match seconds {
        1 => "1 second".to_owned(),
        2..=119 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}
