//! `http` and `secrets`: a request is held against the rules before anybody sends it, an answer before the guest sees it.

use hardie_domain::delivery::{HttpResponse, ServiceError};

use super::request;
use crate::bindings::hardie::plugin::http::{self, HttpError, Request, Response};
use crate::bindings::hardie::plugin::secrets::{self, Slot};
use crate::state::CallState;
use crate::stop::Stop;

/// An answer that the guest may get an error from; the outer error ends the invocation.
type Answer = wasmtime::Result<Result<Response, HttpError>>;

/// Most headers of an answer that the guest is given, and their bytes.
const HEADERS: usize = 128;
const HEADER_BYTES: usize = 64 << 10;

impl http::Host for CallState {
    fn send(&mut self, request: Request) -> Answer {
        self.transmit("http", request, None)
    }
}

impl secrets::Host for CallState {
    fn send(&mut self, request: Request, slots: Vec<Slot>) -> Answer {
        self.transmit("secrets", request, Some(slots))
    }
}

impl CallState {
    fn transmit(&mut self, interface: &'static str, request: Request, slots: Option<Vec<Slot>>) -> Answer {
        let services = self.serve(interface)?;
        self.requests += 1;
        if self.requests > self.limits.requests {
            return Err(Stop::Requests(self.limits.requests).into());
        }
        let mut checked = match request::checked(request, slots, self.limits.request_body) {
            Ok(request) => request,
            Err(why) => return Ok(Err(error("invalid", why))),
        };
        if let Some(delivery) = self.task.delivery {
            request::add_idempotency_key(&mut checked, delivery, self.requests);
        }
        self.budget.transfer(request::size(&checked))?;
        let answer = services.send(checked, self.budget.left());
        // Whatever came, it came too late for this call if its time is over.
        if self.budget.left().is_zero() {
            return Err(Stop::Deadline.into());
        }
        match answer.map_err(refused).and_then(|answer| self.admit(answer)) {
            Ok(response) => {
                let headers: usize = response.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
                self.budget.transfer(response.body.len() + headers)?;
                Ok(Ok(response))
            }
            Err(Refused::Guest(error)) => Ok(Err(error)),
            Err(Refused::Host(stop)) => Err(stop.into()),
        }
    }

    fn admit(&self, answer: HttpResponse) -> Result<Response, Refused> {
        let HttpResponse { status, headers, body } = answer;
        if body.len() > self.limits.response_body {
            return Err(Refused::Guest(error("failed", format!("the answer has more than {} bytes", self.limits.response_body))));
        }
        let mut bytes = 0;
        let fits = |(name, value): &(String, String)| {
            bytes += name.len() + value.len();
            bytes <= HEADER_BYTES
        };
        let headers = headers.into_iter().take(HEADERS).take_while(fits).collect();
        Ok(Response { status, headers, body })
    }
}

enum Refused {
    Guest(HttpError),
    Host(Stop),
}

fn refused(why: ServiceError) -> Refused {
    match why {
        ServiceError::Denied(why) => Refused::Guest(error("denied", why)),
        ServiceError::Invalid(why) => Refused::Guest(error("invalid", why)),
        ServiceError::Failed(why) => Refused::Guest(error("failed", why)),
        ServiceError::Storage(why) => Refused::Host(Stop::Services(why)),
    }
}

fn error(code: &str, message: String) -> HttpError {
    HttpError { code: code.into(), message }
}
