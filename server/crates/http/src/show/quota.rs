//! Quotas.

use hardie_api_types::quota;
use hardie_app::quotas::Quota;
use hardie_domain::quota::Content;

use super::number;

/// What is there and what may be.
pub fn quota(found: &Quota) -> quota::Quota {
    let part = |content: Content| quota::QuotaPart {
        used: number(found.used.of(content)),
        limit: found.limits.of(content).map(number),
        set: found.bounds.of(content).number(),
    };
    quota::Quota { git: part(Content::Git), lfs: part(Content::Lfs), assets: part(Content::Assets) }
}
