//! Typed 64-bit ids: Gitea's clients expect integers, and a `RepoId` must never be taken for a `KeyId`.

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

typed_ids! {
    /// A user or an organisation: both own repositories and share one name space.
    AccountId,
    /// A team of an organisation.
    TeamId,
    /// A repository; storage paths and packs hang on it, never on a name.
    RepoId,
    /// An SSH public key of a user.
    KeyId,
    /// An SSH public key of a repository.
    DeployKeyId,
    /// An access token.
    TokenId,
    /// A browser session.
    SessionId,
    /// One push, accepted or refused.
    PushId,
    /// An audit row.
    AuditId,
    /// A row of the outbox, in no particular order of commit.
    OutboxId,
    /// The position of an event in the one event log, given after commit.
    EventSeq,
    /// A plugin installed for a site, an organisation or a repository.
    InstallationId,
    /// One event on its way to one installation.
    DeliveryId,
    /// Somebody whose signatures under plugins are trusted.
    PublisherId,
    /// A lock on a path for Git LFS.
    LfsLockId,
    /// What one check found of one commit at one time.
    CommitStatusId,
    /// An application that acts for people by OAuth 2.
    OauthAppId,
    /// What somebody let such an application do.
    GrantId,
    /// A mail on its way.
    MailId,
    /// Somebody who wants an account.
    SignUpId,
    /// A code by which strangers may sign up.
    InvitationId,
    /// What is offered of one tag: a release.
    ReleaseId,
    /// A file of a release.
    AssetId,
    /// An OpenPGP key of a user.
    GpgKeyId,
    /// A rule over tags.
    TagProtectionId,
    /// A rule over paths.
    PathRuleId,
    /// A word by which work is sorted.
    LabelId,
    /// What is to be done by some day.
    MilestoneId,
    /// A passkey of a user.
    PasskeyId,
}
