//! Names of events. Past tense and dotted; a name is a promise to consumers and never changes its meaning.

/// A push moved, made or removed at least one ref.
pub const PUSH: &str = "push";
/// A check said what it found of a commit.
pub const STATUS: &str = "status";
/// A repository was made.
pub const REPO_CREATED: &str = "repository.created";
/// A repository was renamed.
pub const REPO_RENAMED: &str = "repository.renamed";
/// A repository changed its owner.
pub const REPO_TRANSFERRED: &str = "repository.transferred";
/// Description, visibility, default branch or archive state changed.
pub const REPO_UPDATED: &str = "repository.updated";
/// A repository was deleted; it can be restored for a week.
pub const REPO_DELETED: &str = "repository.deleted";
/// A deleted repository came back.
pub const REPO_RESTORED: &str = "repository.restored";
/// A release came out. Drafts are nobody's business: none of these events is about one.
pub const RELEASE_PUBLISHED: &str = "release.published";
/// A release that is out was changed, or its files were.
pub const RELEASE_UPDATED: &str = "release.updated";
/// A release that was out is gone.
pub const RELEASE_DELETED: &str = "release.deleted";
/// A repository was forked; told of the one that was, with what came of it in `fork`.
pub const FORK: &str = "fork";

/// Somebody wants to see whether a webhook's receiver answers; nobody else is told.
pub const WEBHOOK_TEST: &str = "webhook.test";

/// All that plugins are told of, in the order in which they are listed to people.
pub const ALL: [&str; 12] = [
    PUSH,
    STATUS,
    REPO_CREATED,
    REPO_RENAMED,
    REPO_TRANSFERRED,
    REPO_UPDATED,
    REPO_DELETED,
    REPO_RESTORED,
    RELEASE_PUBLISHED,
    RELEASE_UPDATED,
    RELEASE_DELETED,
    FORK,
];
