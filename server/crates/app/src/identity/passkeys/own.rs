//! One's own passkeys: added and removed by whoever has the password, and a code where there is a second factor already.

use hardie_domain::access::{Actor, Credential};
use hardie_domain::error::Invalid;
use hardie_domain::ids::PasskeyId;
use hardie_domain::mail::MailKind;
use hardie_domain::scope::{Category, Level};
use hardie_domain::secret::Secret;
use hardie_store::passkeys;

use super::challenge::{self, LIFE_SECONDS, Question};
use super::site::Site;
use super::verify::{self, Registration};
use super::{Passkey, PasskeyAsked};
use crate::access::{require_more_than_public, require_scope};
use crate::audit::entry;
use crate::identity::{confirm_password, enrolment, passes};
use crate::{App, Ctx, Error, Result, mail};

/// A bound on what one user stores and what browsers are sent; people have a few.
const MAX_PASSKEYS: u64 = 25;
const MAX_NAME_CHARS: usize = 60;

/// What a browser needs to have a passkey made.
#[derive(Clone, Debug)]
pub struct PasskeyToMake {
    /// What is asked. `allowed` names those that are there already: no authenticator gets two.
    pub asked: PasskeyAsked,
    /// By what authenticators know the account.
    pub user_handle: [u8; 32],
    /// What they show of it.
    pub user_name: String,
    /// The numbers of the algorithms that are taken.
    pub algorithms: [i64; 3],
}

/// A passkey to be added.
#[derive(Clone, Debug)]
pub struct NewPasskey {
    /// What its owner calls it.
    pub name: String,
    /// What the authenticator made.
    pub registration: Registration,
    /// What the browser kept.
    pub cookie: Option<Secret>,
}

/// A passkey that was added.
#[derive(Clone, Debug)]
pub struct AddedPasskey {
    /// The passkey.
    pub passkey: Passkey,
    /// Recovery codes, shown this once, if it is the account's first second factor.
    pub codes: Vec<Secret>,
}

/// The actor's passkeys, oldest first.
pub async fn list_passkeys(app: &App, ctx: &Ctx) -> Result<Vec<Passkey>> {
    let actor = require_scope(ctx, Category::User, Level::Read)?;
    require_more_than_public(ctx)?;
    Ok(app.store.list_passkeys(actor.id).await?)
}

/// Asks for a new passkey. The password, and a code if there is a second factor, are proven here; the challenge carries that to [`add_passkey`], for minutes and
/// for the credential that asked.
pub async fn begin_passkey(app: &App, ctx: &Ctx, password: &Secret, code: &Secret) -> Result<PasskeyToMake> {
    let actor = writer(ctx)?;
    let site = Site::of(app)?;
    // Before the proof: what changes meanwhile makes it another question.
    let question = question(app, actor).await?;
    confirm_password(app, ctx, actor, password, Some(code)).await?;
    let there = app.store.list_passkeys(actor.id).await?;
    check_room(u64::try_from(there.len()).unwrap_or(u64::MAX))?;
    let (challenge, cookie) = challenge::make(&app.signing, app.entropy.as_ref(), question, app.clock.now());
    Ok(PasskeyToMake {
        user_handle: site.handle_of(actor.id),
        user_name: actor.name.to_string(),
        algorithms: hardie_domain::webauthn::PasskeyKey::ALGORITHMS,
        asked: PasskeyAsked {
            challenge: challenge.bytes,
            cookie,
            seconds: LIFE_SECONDS,
            site: site.id,
            allowed: there.into_iter().map(|passkey| passkey.credential_id).collect(),
            verified: false,
        },
    })
}

/// Adds a passkey. If it is the first second factor, other browsers are signed out: they were signed in by the password alone.
pub async fn add_passkey(app: &App, ctx: &Ctx, new: NewPasskey) -> Result<AddedPasskey> {
    let actor = writer(ctx)?;
    let site = Site::of(app)?;
    let name = checked_name(&new.name)?;
    let now = app.clock.now();
    let question = question(app, actor).await?;
    let is_without = matches!(question, Question::Add { with_factor: false, .. });
    let challenge = challenge::of_browser(&app.signing, question, new.cookie.as_ref(), now);
    let challenge = challenge.map_err(|error| refused(error.to_string()))?;
    let made = verify::registration(&site, &challenge, &new.registration).map_err(refused)?;
    let mut tx = app.store.begin().await?;
    tx.lock_sign_in(actor.id).await?;
    if !tx.spend_challenge(&challenge.bytes, challenge.expires_at).await? {
        return Err(refused("this challenge was answered before"));
    }
    check_room(tx.count_passkeys(actor.id).await?)?;
    let is_first = !tx.has_factor(actor.id).await?;
    // One that came in this moment was not asked for a code.
    if is_first != is_without {
        return Err(refused("a second factor was added or removed meanwhile: begin again"));
    }
    let row = passkeys::NewPasskey {
        account: actor.id,
        name: &name,
        credential_id: &made.id,
        cose: &made.cose,
        sign_count: made.count,
        backed_up: made.backed_up,
        at: now,
    };
    let id = tx.insert_passkey(&row).await?.ok_or_else(|| Error::Conflict("this passkey is registered here already".to_owned()))?;
    let mut codes = Vec::new();
    if is_first {
        codes = enrolment::fresh_codes(&mut tx, app, actor).await?;
        let own = match actor.credential {
            Credential::Session(id) => Some(id),
            _ => None,
        };
        tx.delete_sessions_of(actor.id, own).await?;
    }
    let mut line = entry(ctx, "passkey.create");
    line.account = Some(actor.id);
    line.detail = format!("{name:?}");
    tx.insert_audit(&line, now).await?;
    let happened = "A passkey was added: it signs in by itself, and stands for the code beside the password.";
    mail::notify(&mut tx, app, MailKind::FactorChanged, actor.id, happened).await?;
    tx.commit().await?;
    let passkey = Passkey {
        id,
        account: actor.id,
        name,
        credential_id: made.id,
        cose: made.cose,
        sign_count: made.count,
        backed_up: made.backed_up,
        created_at: now,
        last_used_at: None,
    };
    Ok(AddedPasskey { passkey, codes })
}

/// Removes one of the actor's passkeys.
pub async fn remove_passkey(app: &App, ctx: &Ctx, id: PasskeyId, password: &Secret, code: &Secret) -> Result<()> {
    let actor = writer(ctx)?;
    let is_there = app.store.list_passkeys(actor.id).await?.iter().any(|passkey| passkey.id == id);
    if !is_there {
        return Err(Error::NotFound("passkey"));
    }
    confirm_password(app, ctx, actor, password, Some(code)).await?;
    let mut tx = app.store.begin().await?;
    tx.lock_sign_in(actor.id).await?;
    let found = tx.list_passkeys(actor.id).await?.into_iter().find(|passkey| passkey.id == id);
    let passkey = found.ok_or(Error::NotFound("passkey"))?;
    tx.delete_passkey(actor.id, id).await?;
    let mut line = entry(ctx, "passkey.delete");
    line.account = Some(actor.id);
    line.detail = format!("{:?}", passkey.name);
    tx.insert_audit(&line, app.clock.now()).await?;
    let happened = match tx.has_factor(actor.id).await? {
        true => "A passkey was removed. Another second factor is still there.",
        false => "The last passkey was removed: signing in asks for the password alone.",
    };
    mail::notify(&mut tx, app, MailKind::FactorChanged, actor.id, happened).await?;
    Ok(tx.commit().await?)
}

fn writer(ctx: &Ctx) -> Result<&Actor> {
    let actor = require_scope(ctx, Category::User, Level::Write)?;
    require_more_than_public(ctx)?;
    Ok(actor)
}

async fn question(app: &App, actor: &Actor) -> Result<Question> {
    let (account, by) = (actor.id, challenge::credential_of(actor));
    let (password, with_factor) = (passes::mark_of_password(app, account).await?, app.store.has_factor(account).await?);
    Ok(Question::Add { account, by, password, with_factor })
}

/// Whoever asks is signed in: no client must take it for a lost session.
fn refused(why: impl Into<String>) -> Error {
    Invalid::new("credential", format!("is not taken: {}", why.into())).into()
}

fn check_room(there: u64) -> Result<()> {
    match there < MAX_PASSKEYS {
        true => Ok(()),
        false => Err(Error::Quota(format!("a user may have {MAX_PASSKEYS} passkeys: remove those that are not needed"))),
    }
}

fn checked_name(name: &str) -> Result<String> {
    let name = match name.trim() {
        "" => "passkey",
        name => name,
    };
    if name.chars().any(char::is_control) || name.chars().count() > MAX_NAME_CHARS {
        return Err(Invalid::new("name", format!("must have at most {MAX_NAME_CHARS} characters, and no control characters")).into());
    }
    Ok(name.to_owned())
}
