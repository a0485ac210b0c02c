//! Events and their deliveries.

use hardie_api_types::delivery::{Delivery, Event, PluginEvents};
use hardie_app::events::Event as EventRow;
use hardie_app::plugins::{DeliveryLine, HandlerView};
use hardie_domain::attempt::DeliveryState;
use serde_json::Value;

use super::git::number;

/// Something that happened.
pub fn event(row: EventRow) -> Event {
    Event {
        seq: row.seq.0,
        kind: row.kind,
        repository_id: row.repo.map(|id| id.0),
        at: row.at.into(),
        depth: i64::from(row.cause.depth),
        installation_id: row.cause.installation.map(|id| id.0),
        payload: serde_json::from_str(&row.payload).unwrap_or(Value::Null),
    }
}

/// A delivery.
pub fn delivery(line: DeliveryLine) -> Delivery {
    let DeliveryLine { row, repo, .. } = line;
    let waits = matches!(row.state, DeliveryState::Pending | DeliveryState::Failed);
    Delivery {
        id: row.id.0,
        seq: row.seq.0,
        kind: row.kind,
        repository: repo.unwrap_or_default(),
        state: row.state.as_str().to_owned(),
        attempt: i64::from(row.attempt),
        next_at: waits.then(|| row.next_at.into()),
        outcome: row.outcome,
        text: row.text,
        log: row.log.lines().map(str::to_owned).collect(),
        created_at: row.created_at.into(),
        started_at: row.started_at.map(Into::into),
        ended_at: row.ended_at.map(Into::into),
        fuel: number(row.usage.fuel),
        memory: number(row.usage.memory),
        host_calls: number(row.usage.host_calls),
        host_bytes: number(row.usage.host_bytes),
        wall_micros: number(row.usage.wall_micros),
    }
}

/// What an installation is told of.
pub fn plugin_events(view: HandlerView) -> PluginEvents {
    let count = |states: &[DeliveryState]| {
        let of = view.counts.iter().filter(|(state, _)| states.contains(state));
        number(of.map(|(_, count)| count).sum())
    };
    let state = match (view.off, view.row.paused_until) {
        (true, _) => "off",
        (false, Some(_)) => "paused",
        (false, None) => "active",
    };
    PluginEvents {
        state: state.to_owned(),
        paused_until: view.row.paused_until.map(Into::into),
        faults: i64::from(view.row.faults),
        waiting: count(&[DeliveryState::Pending, DeliveryState::Running, DeliveryState::Failed]),
        dead: count(&[DeliveryState::Dead]),
        reason: view.row.pause_reason,
        kinds: view.row.kinds,
    }
}
