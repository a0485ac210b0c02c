//! The applications that somebody let in, each with a button that ends it.

use axum::extract::{Request, State};
use axum::response::Response;
use hardie_app::oauth::{list_grants, revoke_grant};
use hardie_domain::ids::GrantId;
use hardie_domain::page::Page;

use super::consent::go;
use super::html::{hidden, page_within};
use super::{failed, filled, text};
use crate::auth::Surfer;
use crate::error::{Answer, Refusal};
use crate::reference::text as escaped;
use crate::state::Http;

pub async fn show(State(http): State<Http>, surfer: Surfer) -> Answer {
    if surfer.ctx.actor.is_none() {
        return go("sign-in?to=applications");
    }
    listed(&http, &surfer).await
}

async fn listed(http: &Http, surfer: &Surfer) -> Answer<Response> {
    let grants = list_grants(&http.app, &surfer.ctx, Page::new(None, Some(50))).await?;
    let csrf = hidden("csrf", surfer.csrf.as_deref().unwrap_or_default());
    let rows: String = grants
        .items
        .iter()
        .map(|grant| {
            let words: String = grant.scopes.words().iter().map(|line| format!("<li>{}</li>", escaped(line))).collect();
            let (name, id) = (escaped(&grant.app.name), hidden("id", &grant.id.to_string()));
            let since = escaped(&hardie_api_types::Time::from(grant.created_at).to_string());
            format!(
                "<h2>{name}</h2><p>Since {since}. It may:</p><ul>{words}</ul>\
             <form method=\"post\" action=\"applications\">{csrf}{id}<button>End this</button></form>"
            )
        })
        .collect();
    let rows = if rows.is_empty() { "<p>You let no application in.</p>".to_owned() } else { rows };
    let more = if grants.total > 50 { "<p>The newest 50 are shown.</p>" } else { "" };
    Ok(page_within("../", "Applications that act for you", &format!("{rows}{more}")))
}

pub async fn end(State(http): State<Http>, surfer: Surfer, request: Request) -> Answer {
    let form = match filled(&http, request).await {
        Ok(form) => form,
        Err(refusal) => return Ok(failed(refusal)),
    };
    if !surfer.is_own_form(&text(&form, "csrf")?) {
        return Ok(failed(Refusal::forbidden("this form is not of your session, or that has ended: load the page again")));
    }
    let id = form.number::<i64>("id")?.unwrap_or_default();
    match revoke_grant(&http.app, &surfer.ctx, GrantId(id)).await {
        Ok(()) => go("applications"),
        Err(error) => Ok(failed(error.into())),
    }
}
