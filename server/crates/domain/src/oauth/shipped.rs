//! Programs that know every Gitea by these ids, which Gitea itself has too, so that they need no registration.

/// A client that is there without being registered. It is public: it has no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// The word in the server's configuration.
    pub word: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// By what it names itself.
    pub client_id: &'static str,
    /// Where browsers are sent back to: the user's own machine.
    pub redirect_uris: &'static [&'static str],
}

const LOOPBACK: &[&str] = &["http://127.0.0.1", "http://[::1]"];

/// All of them.
pub const SHIPPED: [Shipped; 3] = [
    Shipped {
        word: "git-credential-oauth",
        name: "git-credential-oauth",
        client_id: "a4792ccc-144e-407e-86c9-5e7d8d9c3269",
        redirect_uris: LOOPBACK,
    },
    Shipped {
        word: "git-credential-manager",
        name: "Git Credential Manager",
        client_id: "e90ee53c-94e2-48ac-9358-a874fb9e0662",
        redirect_uris: LOOPBACK,
    },
    Shipped { word: "tea", name: "tea", client_id: "d57cb8c4-630c-4168-8324-ec79935e18d4", redirect_uris: LOOPBACK },
];
