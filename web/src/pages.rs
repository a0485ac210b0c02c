//! One page a file; what belongs to one page only lies in a folder of its name.

pub mod admin;
pub mod deliveries;
pub mod explore;
pub mod home;
pub mod hooks;
pub mod login;
pub mod new_org;
pub mod new_repo;
pub mod not_found;
pub mod owner;
pub mod plugins;
pub mod repo;
pub mod user_settings;
