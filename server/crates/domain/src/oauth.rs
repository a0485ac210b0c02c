//! OAuth 2 (RFC 6749, with what RFC 9700 advises): what applications ask for, where browsers are sent back to, and how long what they get lasts.

mod redirect;
mod scopes;
mod shipped;

pub use redirect::{MAX_REDIRECT_BYTES, check_redirect, form_target, is_same_redirect};
pub use scopes::Scopes;
pub use shipped::{SHIPPED, Shipped};

/// How long a code waits to be exchanged.
pub const CODE_SECONDS: i64 = 60;
/// How long an access token lasts, and a token that says who signed in.
pub const ACCESS_SECONDS: i64 = 3600;
/// A refresh token that nobody used for so long ends, and what was granted with it.
pub const REFRESH_SECONDS: i64 = 30 * 24 * 3600;
/// A key signs for so long; then another one does.
pub const KEY_SECONDS: i64 = 30 * 24 * 3600;
/// Its public part is shown until every token that it signed is over, and a while longer for clocks that are late.
pub const KEY_SHOWN_SECONDS: i64 = KEY_SECONDS + ACCESS_SECONDS + 3600;
/// Applications of one account.
pub const MAX_APPS: u64 = 100;
/// Sign-ins of one account to one application: at one more the oldest ends. No application ends those of another.
pub const MAX_GRANTS: u32 = 50;
/// Addresses of one application.
pub const MAX_REDIRECTS: usize = 20;
