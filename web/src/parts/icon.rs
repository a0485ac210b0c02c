//! The icons: one small set of strokes, drawn in the colour of the text. Decoration only: a label always says the same.

use leptos::prelude::*;

/// A sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Alert,
    Branch,
    Check,
    ChevronDown,
    Clock,
    Close,
    Code,
    Commit,
    Copy,
    File,
    Folder,
    Gear,
    Key,
    Link,
    Lock,
    Person,
    Plug,
    Plus,
    Releases,
    Repo,
    Search,
    Shield,
    Submodule,
    Tag,
    Theme,
}

impl Sign {
    fn path(self) -> &'static str {
        match self {
            Sign::Alert => "M8 1.8 14.7 13.7H1.3zM8 6.2v3.6M8 11.7v.1",
            Sign::Branch => {
                "M4.5 5.5v5M4.5 5.5a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4M4.5 13.9a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4M11.5 5.5a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4M11.5 5.5c0 3-3 2.5-7 5"
            }
            Sign::Check => "m3 8.5 3.3 3.3L13 4.8",
            Sign::ChevronDown => "m4 6.2 4 4 4-4",
            Sign::Clock => "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4M8 4.7V8l2.3 1.7",
            Sign::Close => "m4 4 8 8M12 4l-8 8",
            Sign::Code => "m5.3 4.5-3.5 3.5 3.5 3.5M10.7 4.5l3.5 3.5-3.5 3.5",
            Sign::Commit => "M8 10.7a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4M1 8h4.3M10.7 8H15",
            Sign::Copy => "M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1",
            Sign::File => "M9 1.8H3.7v12.4h8.6V5.2zM9 1.8v3.4h3.3",
            Sign::Folder => "M1.8 3.3h4.3l1.5 1.9h6.6v7.5H1.8z",
            Sign::Gear => {
                "M8 10.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4M8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2M3.4 3.4l1.4 1.4M11.2 11.2l1.4 1.4M12.6 3.4l-1.4 1.4M4.8 11.2l-1.4 1.4"
            }
            Sign::Key => "M10.5 9.2a3.7 3.7 0 1 0-3.4-2.2L1.8 12.3v1.9h2.7v-1.7h1.7v-1.7h1.3l1.2-1.2a3.7 3.7 0 0 0 1.8-.4M11 5.3v.1",
            Sign::Link => {
                "M6.7 9.3a2.7 2.7 0 0 0 3.9.2l2.2-2.2a2.7 2.7 0 0 0-3.9-3.9l-.9.9M9.3 6.7a2.7 2.7 0 0 0-3.9-.2L3.2 8.7a2.7 2.7 0 0 0 3.9 3.9l.9-.9"
            }
            Sign::Lock => "M3.5 7h9v7h-9zM5.3 7V4.7a2.7 2.7 0 0 1 5.4 0V7",
            Sign::Person => "M8 7.7a2.9 2.9 0 1 0 0-5.8 2.9 2.9 0 0 0 0 5.8M2.5 14.2a5.5 5.5 0 0 1 11 0",
            Sign::Plug => "M6 1.8v3.4M10 1.8v3.4M3.8 5.2h8.4v2.6a4.2 4.2 0 0 1-8.4 0zM8 12v2.5",
            Sign::Plus => "M8 3v10M3 8h10",
            Sign::Releases => "M2 4.8 8 1.8l6 3v6.4l-6 3-6-3zM2 4.8l6 3 6-3M8 7.8v6.4",
            Sign::Repo => "M3.2 12.5V3a1.2 1.2 0 0 1 1.2-1.2h8.4v10.5H4.4a1.2 1.2 0 0 0 0 2.4h8.4v-2.4",
            Sign::Search => "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9M10.3 10.3l3.4 3.4",
            Sign::Shield => "M8 1.6 13.3 3.4v4.2c0 3.2-2.2 5.5-5.3 6.8-3.1-1.3-5.3-3.6-5.3-6.8V3.4z",
            Sign::Submodule => "M1.8 3.3h4.3l1.5 1.9h6.6v7.5H1.8zM6 9h4M8.5 7.3 10.2 9l-1.7 1.7",
            Sign::Tag => "M1.8 1.8h5.9l6.5 6.5-5.9 5.9-6.5-6.5zM5 5v.1",
            Sign::Theme => "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4M8 1.8v12.4M8 11a3 3 0 0 0 0-6",
        }
    }
}

/// A sign, 16 pixels square.
#[component]
pub fn Icon(sign: Sign) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
            <path d=sign.path()/>
        </svg>
    }
}
