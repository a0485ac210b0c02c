//! An answer whose body is taken piece by piece, however long it is: a pack of another server's.

use std::time::Duration;

use hardie_domain::delivery::ServiceError;
use hardie_domain::ids::InstallationId;
use http::header::CONTENT_TYPE;
use hyper::body::Incoming;
use tokio::time::timeout;

use super::bounds::Bounds;
use super::destination::Destination;
use super::exchange::Open;
use super::places::Place;
use super::{Allowed, Egress, Prepared, allowed, answer, connect, exchange, resolve};

/// Who waits for a place longer is told to come back.
const FOR_A_PLACE: Duration = Duration::from_secs(60);
/// All of these are under way as one: they wait for each other.
const TOGETHER: InstallationId = InstallationId(0);

/// An answer under way. Dropping it closes the connection.
pub struct Streamed {
    status: u16,
    content_type: String,
    body: Incoming,
    at: Destination,
    bounds: Bounds,
    _open: Open,
    _place: Place,
}

impl Streamed {
    /// The status; redirects are not followed.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The header Content-Type; empty if there is none.
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// [`ServiceError::Failed`] if the connection breaks, or nothing comes for a minute.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, ServiceError> {
        answer::next(&mut self.body, &self.at, &self.bounds).await
    }
}

impl Egress {
    /// For others than plugins, `who` with their section of the configuration, with the patience that a large repository elsewhere takes: a minute for its first word, and between two.
    #[must_use]
    pub fn patient(mut self, who: [&'static str; 2]) -> Egress {
        self.vetting = self.vetting.of(who);
        let minute = Duration::from_secs(60);
        self.bounds = Bounds { connect: Duration::from_secs(10), head: minute, pace: minute, pace_bytes: 1, ..self.bounds };
        self
    }

    /// Sends one request, for an answer of any length. Where it may go is judged as for [`Egress::send`]: by `allowed`, if it names any hosts, and
    /// by the addresses of its host, asked for once.
    ///
    /// # Errors
    /// As [`Egress::send`] has them, as far as the head.
    pub async fn stream(&self, request: Prepared, list: &[Allowed]) -> Result<Streamed, ServiceError> {
        if !list.is_empty() {
            allowed::check(list, request.method(), request.destination())?;
        }
        let at = request.destination().clone();
        let busy = |_| ServiceError::Failed("too many repositories are fetched from elsewhere at this moment".to_owned());
        let place = timeout(FOR_A_PLACE, self.places.take(TOGETHER)).await.map_err(busy)?;
        let found = resolve::addresses(&self.lookup, &at, &place, self.bounds.lookup).await?;
        let vetted = self.vetting.choose(&at, found)?;
        let tcp = connect::tcp(&at, &vetted, self.bounds.connect).await?;
        let tls = if at.is_https() { Some(self.tls().await?) } else { None };
        let (head, open) = exchange::exchange(request, tcp, tls, &self.bounds).await?;
        let (parts, body) = head.into_parts();
        let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        Ok(Streamed { status: parts.status.as_u16(), content_type, body, at, bounds: self.bounds.clone(), _open: open, _place: place })
    }
}
