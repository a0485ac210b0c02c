//! Webhooks: requests that the server itself sends of what happened.
//!
//! A webhook is an installation without a component. The log of events, the order, leases and deliveries are those of plugins that handle
//! events ([`crate::deliveries`]); here is what differs: who may have one ([`manage`]), which parts of an event it is told ([`parts`]), what a
//! delivery says ([`told`], rendered by the port [`WebhookBodies`]), how it is signed ([`sign`]), and what an answer means ([`ends`]).

mod attempt;
mod change;
mod ends;
mod facts;
mod kept;
mod make;
mod manage;
mod parts;
mod settings;
mod sign;
mod told;

pub(crate) use attempt::deliver;
pub use change::{WebhookChange, update_webhook};
pub(crate) use ends::not_our_day;
pub(crate) use make::make_webhook_deliveries;
pub(crate) use manage::end_removals;
pub use manage::{NewWebhook, Webhook, create_webhook, get_webhook, list_webhooks, remove_webhook, resume_webhook, test_webhook};
pub use told::{CommitTold, PushTold, Told, WebhookBodies, What};
