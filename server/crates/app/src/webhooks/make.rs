//! Deliveries of webhooks are made together with those of plugins, of the same events and in the same transaction.

use std::collections::HashMap;

use hardie_domain::ids::EventSeq;
use hardie_domain::time::Timestamp;
use hardie_domain::webhook::MOST_WAITING;
use hardie_store::Tx;
use hardie_store::deliveries::Made;
use hardie_store::webhooks::NewWebhookDelivery;
use serde_json::Value;

use super::parts::parts;
use super::settings::Settings;
use crate::Result;

/// Of the events that `made` looked at; how many deliveries. What handlers caused too often is told to webhooks as little as to plugins.
pub(crate) async fn make_webhook_deliveries(tx: &mut Tx, made: &Made, now: Timestamp) -> Result<u64> {
    if made.events == 0 || !tx.has_webhooks().await? {
        return Ok(0);
    }
    let last = tx.delivered_event().await?.0;
    let first = last.saturating_sub(i64::try_from(made.events).unwrap_or(i64::MAX)).saturating_add(1);
    let (mut deliveries, mut waiting) = (0, HashMap::new());
    for seq in (first..=last).map(EventSeq).filter(|seq| !made.dropped.iter().any(|(dropped, _)| dropped == seq)) {
        let Some(event) = tx.find_event(seq).await? else { continue };
        let webhooks = tx.list_webhooks_told(&event.kind, event.repo, event.cause.installation).await?;
        if webhooks.is_empty() {
            continue;
        }
        let payload: Value = serde_json::from_str(&event.payload).unwrap_or_default();
        for webhook in webhooks {
            let waits = match waiting.get(&webhook.id) {
                Some(waits) => *waits,
                None => tx.count_open_deliveries(webhook.id).await?,
            };
            let mut made = 0;
            for part in parts(&event.kind, &payload, &Settings::parse(&webhook.config), waits >= MOST_WAITING) {
                let new = NewWebhookDelivery { webhook: webhook.id, repo: event.repo, seq, part: part.number, about: &part.about };
                made += u64::from(tx.insert_webhook_delivery(&new, now).await?);
            }
            waiting.insert(webhook.id, waits.saturating_add(made));
            deliveries += made;
        }
    }
    Ok(deliveries)
}
