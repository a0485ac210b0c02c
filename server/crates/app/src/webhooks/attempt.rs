//! One attempt: what is said is rendered if it never was, then signed and sent.

use std::time::Duration;

use hardie_domain::delivery::{HeaderValue, HttpRequest, HttpResponse, ServiceError};
use hardie_domain::secret::Secret;
use hardie_store::webhooks::MessageRow;

use super::ends::{self, Answer};
use super::facts;
use super::kept::{ADDRESS, AUTHORIZATION, KEY, Kept};
use super::settings::Settings;
use super::sign::{headers, written};
use crate::deliveries::Try;
use crate::ports::{BoundSecret, Cause, Outgoing, Requester};
use crate::{App, Error, Result};

/// From the first byte that is sent to the last that comes back.
const LONGEST: Duration = Duration::from_secs(10);

/// Attempts a delivery and ends the attempt.
pub(crate) async fn deliver(app: &App, known: &Try) -> Result<()> {
    let message = match message(app, known).await {
        Ok(Some(message)) => message,
        Ok(None) => return ends::nothing_to_say(app, known).await,
        Err(Error::RateLimited { text, .. }) => return ends::no_turn(app, known, &text).await,
        Err(error) => return Err(error),
    };
    let kept = Kept::of(app, known.installation.id).await?;
    let answer = match send(app, known, &message, &kept).await {
        Ok(response) => judge(&response),
        Err(ServiceError::Invalid(why)) => Answer::Refused(why),
        Err(error) => Answer::Down { why: error.to_string(), wish: None },
    };
    ends::end(app, known, &kept, answer).await
}

/// What this delivery sends. It is kept before it is sent for the first time: every later attempt sends the same.
async fn message(app: &App, known: &Try) -> Result<Option<MessageRow>> {
    if let Some(kept) = app.store.find_message(known.claim.id).await? {
        return Ok(Some(kept));
    }
    let Some(made) = facts::message(app, known).await? else { return Ok(None) };
    let mut tx = app.store.begin().await?;
    tx.insert_message(known.claim.id, &made).await?;
    // Another attempt, whose lease ran out, may have been first.
    let kept = tx.find_message(known.claim.id).await?;
    tx.commit().await?;
    Ok(kept)
}

async fn send(app: &App, known: &Try, message: &MessageRow, kept: &Kept) -> Result<HttpResponse, ServiceError> {
    app.sender.send(request(app, known, message, kept)?, LONGEST).await
}

fn request(app: &App, known: &Try, message: &MessageRow, kept: &Kept) -> Result<Outgoing, ServiceError> {
    let open = |name: &'static str| {
        kept.open(app, name).map_err(|why| {
            ServiceError::Failed(format!(
                "the {name} of this webhook does not open: {why}; whoever administers the server puts the key back, or the webhook is set anew"
            ))
        })
    };
    let url = open(ADDRESS)?.ok_or_else(|| ServiceError::Invalid("this webhook has no address".to_owned()))?;
    let content = Settings::parse(&known.installation.config).content();
    let body = written(content, &message.body);
    let signed = headers(message, content, &body, known.claim.number, app.clock.now(), open(KEY)?.as_ref());
    let mut headers: Vec<_> = signed.into_iter().map(|(name, value)| (name, HeaderValue::Plain(value))).collect();
    let mut secrets = Vec::new();
    if let (Some(row), Some(value)) = (kept.row(AUTHORIZATION), open(AUTHORIZATION)?) {
        headers.push(("Authorization".to_owned(), HeaderValue::Secret { prefix: String::new(), name: AUTHORIZATION.to_owned() }));
        secrets.push(bound(&row.destination, value));
    }
    Ok(Outgoing {
        installation: known.installation.id,
        plugin: "this webhook".to_owned(),
        requester: Requester::Webhook,
        cause: Cause::Delivery(known.claim.id),
        request: HttpRequest { method: "POST".to_owned(), url: url.expose().to_owned(), headers, body },
        hosts: known.installation.hosts.clone(),
        secrets,
    })
}

fn bound(destination: &str, value: Secret) -> BoundSecret {
    let (name, header) = (AUTHORIZATION.to_owned(), AUTHORIZATION.to_owned());
    BoundSecret { name, destination: destination.to_owned(), header, open: Box::new(move || Ok(value.clone())) }
}

fn judge(response: &HttpResponse) -> Answer {
    let status = response.status;
    let wish = || {
        let header = response.headers.iter().find(|(name, _)| name == "retry-after");
        header.and_then(|(_, value)| value.trim().parse().ok()).map(Duration::from_secs)
    };
    match status {
        200..=299 => Answer::Taken(status),
        410 => Answer::Gone,
        429 | 500.. => Answer::Down { why: format!("it answered {status}"), wish: wish() },
        300..=399 => Answer::Refused(format!("it answered {status}: redirects are not followed, the webhook names the address itself")),
        _ => Answer::Refused(format!("it answered {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_verdict_unless_the_receiver_is_down() {
        let answer = |status, header: Option<&str>| {
            let headers = header.map(|value| ("retry-after".to_owned(), value.to_owned())).into_iter().collect();
            judge(&HttpResponse { status, headers, body: b"do not repeat me".to_vec() })
        };
        assert!([200, 204, 299].into_iter().all(|status| matches!(answer(status, None), Answer::Taken(_))));
        assert!([100, 301, 302, 308, 400, 401, 404, 409, 422].into_iter().all(|status| matches!(answer(status, None), Answer::Refused(_))));
        assert!(matches!(answer(410, None), Answer::Gone));
        for status in [429, 500, 503, 599, 999] {
            assert!(matches!(answer(status, Some("120")), Answer::Down { wish: Some(wish), .. } if wish.as_secs() == 120), "{status}");
        }
        assert!(matches!(answer(503, Some("tomorrow")), Answer::Down { wish: None, why } if why == "it answered 503"));
    }
}
