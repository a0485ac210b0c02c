//! Plugins: components brought to the server, where they are at work, and what they said.
//!
//! The right to install is what the component imports, the operator's `--plugins`, and the right to administer what it will
//! guard, together ([`rights`]). The sandbox itself is behind [`crate::ports::PolicyRunner`].

mod asking;
mod components;
mod deliveries;
mod dry_run;
mod hosts;
mod install;
mod kept;
mod list;
mod outgoing;
mod receiver;
mod recorded;
mod rights;
mod run;
mod sealed;
mod secrets;
mod services;
mod signatures;
mod verdicts;
mod versions;
mod web;

pub(crate) use asking::PolicyServices;
pub use components::{
    Component, MAX_COMPONENT_BYTES, MAX_COMPONENT_BYTES_OF_ADMINS, Uploaded, get_component, list_components, most_component_bytes,
    upload_component,
};
pub(crate) use deliveries::view as view_of;
pub use deliveries::{
    DeliveryLine, DeliveryRange, DeliveryRow, HandlerView, MOST_REDELIVERED, Redelivered, deliveries, delivery, handler, redeliver,
    redeliver_range, resume, set_kinds,
};
pub use dry_run::{DryRun, Finding, MOST_PUSHES, Over, Tried, dry_run};
pub use install::{InstallationChange, NewInstallation, install, remove_installation, update_installation};
pub(crate) use install::{audit, lock, make_ready, remove};
pub(crate) use kept::{check_state, write_state};
pub use list::{Installation, ScopeView, Version, get_installation, list_installations};
pub use receiver::Receiver;
pub(crate) use recorded::window_of;
pub use rights::Target;
pub(crate) use rights::{Guarded, administered};
pub use run::{InstalledPolicy, load_installed, mend_altered, policies_for};
pub use sealed::{ClosedSecret, SecretsReport, check_secrets, secrets_without_key};
pub(crate) use sealed::{open, seal};
pub use secrets::{NewSecret, SecretView, list_secrets, remove_secret, set_secret};
pub(crate) use services::CallServices;
pub use signatures::{
    MAX_SIGNATURE_BYTES, PublisherRow, SignatureRow, add_publisher, list_publishers, list_signatures, remove_publisher, sign,
};
pub use verdicts::{LogLine, VerdictLine, logs, verdicts};
pub use versions::{NewVersion, Upgrade, rollback, upgrade};
pub use web::{Answered, Asked, Found, WebCalls, WebPlace, WebRecord, answer, enter_web, find_web, web_records};
