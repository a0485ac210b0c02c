//! Texts made ready to be shown: Markdown as sanitised HTML, source code as lines of class names.
//!
//! Pure and synchronous; a caller in the async runtime wraps them in `spawn_blocking`. What comes in is hostile, what goes out
//! is safe to insert into a page: no script, no handler, no style, no foreign address scheme.
//!
//! Classes that a style sheet has to know:
//!
//! - tokens in code (`<span class="hl-…">`): `hl-comment`, `hl-string`, `hl-escape`, `hl-number`, `hl-constant`, `hl-keyword`,
//!   `hl-operator`, `hl-function`, `hl-type`, `hl-variable`, `hl-tag`, `hl-attribute`, `hl-heading`, `hl-strong`,
//!   `hl-emphasis`, `hl-link`, `hl-inserted`, `hl-deleted`, `hl-invalid`, and `hl-hidden` (the name of a character that
//!   would be invisible or turn the direction of the line);
//! - Markdown: `anchor` (the link of a heading), `markdown-alert` with `markdown-alert-note`, `-tip`, `-important`,
//!   `-warning`, `-caution`, and `markdown-alert-title`; `footnotes`, `footnote-ref`, `footnote-backref`;
//!   `contains-task-list`, `task-list-item`, `task-list-item-checkbox`.
//!
//! Ids begin with [`ID_PREFIX`], so that no text can take the place of an element of the page.

mod escape;
mod highlight;
mod languages;
mod links;
mod markdown;
mod sanitize;
#[cfg(test)]
mod tests;

pub use escape::seen;
pub use highlight::{Highlighted, highlight};
pub use links::LinkContext;
pub use markdown::{markdown, plain_text};
pub use sanitize::ID_PREFIX;
