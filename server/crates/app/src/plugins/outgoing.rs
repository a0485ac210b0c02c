//! A request of a plugin on its way: where its installation may send at this moment, and which secrets it has.

use std::sync::Arc;
use std::time::Duration;

use hardie_domain::delivery::{HttpRequest, HttpResponse, ServiceError};
use hardie_domain::ids::InstallationId;
use hardie_domain::plugin::Mode;

use super::sealed;
use crate::App;
use crate::ports::{BoundSecret, Cause, Outgoing, Requester};

/// Sends it. What was granted is looked up for each request: what an administrator takes away is gone with the next one.
pub(crate) async fn send(
    app: &App,
    installation: InstallationId,
    cause: Cause,
    request: HttpRequest,
    left: Duration,
) -> Result<HttpResponse, ServiceError> {
    let gone = || ServiceError::Denied("the plugin is not installed any more".to_owned());
    let row = app.store.find_installation(installation).await.map_err(storage)?.ok_or_else(gone)?;
    if row.mode == Mode::Off {
        return Err(ServiceError::Denied("the plugin was switched off".to_owned()));
    }
    // All of them, whichever the request names: an answer may repeat what an earlier request brought.
    let rows = app.store.list_secrets(installation).await.map_err(storage)?;
    let secrets = rows.into_iter().map(|row| {
        let (app, row) = (app.clone(), Arc::new(row));
        let (name, destination, header) = (row.name.clone(), row.destination.clone(), row.header.clone());
        BoundSecret { name, destination, header, open: Box::new(move || sealed::open_to_send(&app, &row)) }
    });
    let (requester, secrets) = (Requester::Plugin, secrets.collect());
    let outgoing = Outgoing { installation, plugin: row.name, requester, cause, request, hosts: row.hosts, secrets };
    app.sender.send(outgoing, left).await
}

/// The plugin's log is its administrator's to read: the database's words go to ours.
fn storage(error: hardie_store::Error) -> ServiceError {
    tracing::warn!(error = &error as &dyn std::error::Error, "what a plugin was granted cannot be read");
    ServiceError::Storage("what the plugin was granted cannot be read now".to_owned())
}
