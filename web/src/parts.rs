//! Parts that pages are made of. One part a file; none of them asks the API but those that are handed a [`crate::load::Load`].

pub mod avatar;
pub mod command;
pub mod confirm;
pub mod copy;
pub mod empty;
pub mod error_panel;
pub mod field;
pub mod form;
pub mod header;
pub mod help;
pub mod icon;
pub mod menu;
pub mod pager;
pub mod repo_list;
pub mod settings_frame;
pub mod skeleton;
pub mod time;
