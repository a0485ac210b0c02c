//! A web request to a plugin: who may send it, what the plugin is told of it, what is kept and what is sent back.

mod begin;
mod calls;
mod records;
mod turn;

use std::net::IpAddr;
use std::sync::Arc;

use hardie_domain::delivery::Writes;
use hardie_domain::ids::InstallationId;
use hardie_domain::plugin::{FailureClass, Mode};
use hardie_domain::scope::Level;
use hardie_domain::web::{Admitted, Served, WebCall, WebCaller, WebOutcome, WebRequest, admit, base_path, is_safe};
use hardie_domain::world;
use hardie_store::plugin_state::StateOf;
use hardie_store::plugins::{InstallationRow, Scope};

use super::kept::{check_state, write_state};
use super::list::component_of;
use super::recorded::window_now;
use super::rights::require_ask;
use super::services::CallServices;
use crate::access::RepoAccess;
use crate::cancel::Gone;
use crate::identity::as_of_now;
use crate::ports::Cause;
use crate::{App, Ctx, Error, Result};

use begin::begin;
pub use calls::{WebCalls, WebPlace};
pub use records::{WebRecord, web_records};

const STATE: &str = "hardie:plugin/state@";

/// A request, as far as a plugin may know it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// One of `hardie_domain::web::METHODS`.
    pub method: String,
    /// Behind the plugin's own address; begins with `/`.
    pub path: String,
    /// As it was sent.
    pub query: Option<String>,
    /// Those that `hardie_domain::web::passed_on` lets through.
    pub headers: Vec<(String, String)>,
    /// At most `hardie_domain::web::BODY_BYTES`.
    pub body: Vec<u8>,
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It is answered.
    Sent(Admitted),
    /// The plugin failed. Why is told to those who administer it alone; `None` if it said so itself.
    Failed(Option<FailureClass>),
}

/// An installation that answers whoever asks.
pub struct Found {
    row: InstallationRow,
    access: Option<RepoAccess>,
    /// Whose share of the places a request takes: all installations of one owner have one together.
    owner: i64,
    /// Whether it may write its data when it is asked by this method.
    writes: bool,
}

/// Finds an installation that answers the asker. Nothing is held for that: a client may take its time with the rest of its request.
pub async fn find_web(app: &App, ctx: &Ctx, id: InstallationId, method: &str) -> Result<Found> {
    let absent = || Error::NotFound("plugin");
    let row = app.store.find_installation(id).await?.filter(|row| row.mode != Mode::Off && !row.is_webhook()).ok_or_else(absent)?;
    let level = if is_safe(method) { Level::Read } else { Level::Write };
    let access = require_ask(app, ctx, &row, level).await?;
    let component = component_of(app, id, row.digest).await?;
    if !world::answers(&component.worlds) {
        return Err(absent());
    }
    let owner = access.as_ref().map_or_else(|| owner_of(row.scope), |access| access.owner.id.0);
    let writes = level == Level::Write && component.imports.iter().any(|import| import.starts_with(STATE));
    Ok(Found { row, access, owner, writes })
}

/// Waits for a place among the requests to the plugins of one owner. `client` is whose share of those it takes; `None` is one that cannot be
/// told from others.
pub async fn enter_web(app: &App, found: &Found, client: Option<IpAddr>) -> Result<WebPlace> {
    app.web.enter(found.owner, client).await
}

/// Has a request answered. The place is the caller's to keep until the answer was taken.
pub async fn answer(app: &App, ctx: &Ctx, found: &Found, _place: &WebPlace, asked: Asked) -> Result<Answered> {
    let id = found.row.id;
    let of = StateOf { installation: id, repo: found.access.as_ref().map(|access| access.repo.id) };
    // Whoever may write what another has read waits until that is over. Who only reads does not. What waits in the line holds no place to run.
    let turn = app.web.turn(of);
    let first = if found.writes { Some(turn.first().await?) } else { None };
    let (place, _writing) = begin(app, found.owner, first.as_ref()).await?;
    // All this may have taken a while: what was found and who asked are looked at as they are now.
    let ctx = &as_of_now(app, ctx).await?;
    let Found { row, access, writes, .. } = &find_web(app, ctx, id, &asked.method).await?;
    if *writes && first.is_none() {
        return Err(Error::Unavailable("this plugin was just exchanged for another".to_owned()));
    }
    let gone = Gone::default();
    let call = call_of(app, ctx, row, access.as_ref(), of, asked, &gone).await?;
    let request = Arc::clone(&call.request);
    let report = app.policies.answer(call, place).await;
    drop(gone);
    let served = Served { origin: app.config.plugin_web_origin.as_deref(), base_path: &request.base_path, signed_in: ctx.actor.is_some() };
    let note = |answered: &Answered, text: &str| app.web.records.note(app.clock.now(), id, &request, answered, text, &report.log);
    let failed = |class, text: &str| {
        let failed = Answered::Failed(class);
        note(&failed, text);
        failed
    };
    let response = match report.outcome {
        WebOutcome::Answered(response) => response,
        WebOutcome::Failed(why) => return Ok(failed(None, &why)),
        WebOutcome::Fault(FailureClass::Unavailable, why) => {
            failed(Some(FailureClass::Unavailable), &why);
            return Err(Error::Unavailable("the plugin cannot be run now".to_owned()));
        }
        WebOutcome::Fault(class, why) => return Ok(failed(Some(class), &why)),
    };
    let admitted = match admit(response, served) {
        Ok(admitted) => admitted,
        Err(why) => return Ok(failed(Some(FailureClass::BadOutput), &why)),
    };
    if let Some(why) = keep(app, row, of, &report.writes).await? {
        return Ok(failed(Some(FailureClass::HostBudget), &why));
    }
    let left_out = admitted.left_out.join("\n");
    let sent = Answered::Sent(admitted);
    if !(left_out.is_empty() && report.log.is_empty()) {
        note(&sent, &left_out);
    }
    Ok(sent)
}

fn owner_of(scope: Scope) -> i64 {
    match scope {
        Scope::Account(account) => account.0,
        Scope::Site | Scope::Repo(_) => 0,
    }
}

async fn call_of(
    app: &App,
    ctx: &Ctx,
    row: &InstallationRow,
    access: Option<&RepoAccess>,
    of: StateOf,
    asked: Asked,
    gone: &Gone,
) -> Result<WebCall> {
    let role = access.map_or("", |access| access.role.as_str());
    let caller = ctx.actor.as_ref().map(|actor| Arc::new(WebCaller { name: actor.name.to_string(), role: role.to_owned() }));
    let repository = match access {
        Some(access) => Some(window_now(app, access, &gone.reads.0).await?),
        None => None,
    };
    let Asked { method, path, query, headers, body } = asked;
    let repo_path = access.map(RepoAccess::path).unwrap_or_default();
    let request = WebRequest { method, path, query, base_path: base_path(row.id), headers, body, repo_path };
    Ok(WebCall {
        digest: row.digest,
        config: row.config.as_str().into(),
        request: Arc::new(request),
        caller,
        repository,
        services: Arc::new(CallServices::new(app, of, Cause::Web, gone.asks.clone())),
    })
}

/// Keeps what the plugin wrote. Why not, if it may not be kept: then nothing is.
async fn keep(app: &App, row: &InstallationRow, of: StateOf, writes: &Writes) -> Result<Option<String>> {
    if writes.state.is_empty() {
        return Ok(None);
    }
    if let Err(why) = check_state(writes) {
        return Ok(Some(why));
    }
    let mut tx = app.store.begin().await?;
    // It may have been taken away or switched off while it ran.
    tx.lock_installation(row.scope, row.id).await?.filter(|now| now.mode != Mode::Off).ok_or(Error::NotFound("plugin"))?;
    if let Some(why) = write_state(&mut tx, of, &writes.state).await? {
        return Ok(Some(why));
    }
    tx.commit().await?;
    Ok(None)
}
