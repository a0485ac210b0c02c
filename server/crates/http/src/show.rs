//! What use cases return, as the API shows it.

mod account;
mod audit;
mod code;
mod contents;
mod delivery;
mod diff;
mod dry_run;
mod email;
mod git;
mod hook;
mod identity;
mod plugin;
mod publisher;
mod qr;
mod release;
mod repo;
mod search;
mod status;
mod team;

pub use account::{member, organization, user};
pub use audit::{audit_export, audit_line};
pub use code::{affected, diff_files, file_blame, file_view, readme, stats};
pub use contents::folder_of;
pub use delivery::{delivery, event, plugin_events};
pub use dry_run::dry_run;
pub use email::{email, invitation, sign_up};
pub use git::{Place, listing_entry, number, summary, text};
pub use hook::{Bodies, hook, hook_delivery};
pub use identity::{deploy_key, factor_user, key, recovery_codes, second_factor, session, token};
pub use plugin::{component, installation, log_line, permission, plugin_request, plugin_secret, push, push_certificate, verdict};
pub use publisher::{component_signature, publisher};
pub use qr::qr;
pub use repo::{collaborator, deleted_repo, protection, repo, whole_repo};
pub use search::code_search;
pub use team::team;
