//! Joins the client for plugins' requests to the port that the use cases know.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hardie_app::ports::HttpSender;
use hardie_domain::delivery::{HttpRequest, HttpResponse, ServiceError};
use hardie_domain::ids::{DeliveryId, InstallationId};
use hardie_outbound::{Allowed, Egress, fill};

use crate::config::Outbound;

/// Sends to the hosts of the configuration, on behalf of whoever was granted `http`. `own` are the addresses that this server listens on.
pub fn sender(outbound: Outbound, own: Vec<SocketAddr>) -> Option<Arc<dyn HttpSender>> {
    let Outbound { hosts, permit } = outbound;
    let egress = Egress::new(move |address| permit.iter().any(|network| network.contains(address)), own);
    (!hosts.is_empty()).then(|| Arc::new(Sender { egress, hosts }) as Arc<dyn HttpSender>)
}

struct Sender {
    egress: Egress,
    hosts: Vec<Allowed>,
}

#[async_trait]
impl HttpSender for Sender {
    async fn send(
        &self,
        installation: InstallationId,
        delivery: DeliveryId,
        request: HttpRequest,
        left: Duration,
    ) -> Result<HttpResponse, ServiceError> {
        // This version keeps no secrets for plugins: one that names any is told that none is bound to where it sends.
        let answer = match fill(request, &|_, _| None) {
            Ok(prepared) => self.egress.send(installation, prepared, &self.hosts, left).await,
            Err(refused) => Err(refused),
        };
        answer.inspect_err(|why| tracing::info!(%installation, %delivery, %why, "a plugin's request was not answered"))
    }
}
