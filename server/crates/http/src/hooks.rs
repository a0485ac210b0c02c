//! Bodies of webhooks, for who sends them: the port of `app` that renders what the API shows.

use std::sync::Arc;

use hardie_app::webhooks::WebhookBodies;

use crate::links::Links;
use crate::show::Bodies;

/// What renders bodies with these addresses: those of [`crate::Door`].
pub fn webhook_bodies(public_url: &str, ssh_address: &str) -> Arc<dyn WebhookBodies> {
    Arc::new(Bodies(Links::new(public_url, ssh_address)))
}
