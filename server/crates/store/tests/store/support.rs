//! A fresh database for each test, and the rows that most tests begin with.

use std::sync::atomic::{AtomicU64, Ordering};

use hardie_domain::access::{Credential, Visibility};
use hardie_domain::ids::{AccountId, PushId, RepoId};
use hardie_domain::names::{AccountName, RepoName};
use hardie_domain::oid::Oid;
use hardie_domain::page::Page;
use hardie_domain::push::Door;
use hardie_domain::refname::RefName;
use hardie_domain::time::Timestamp;
use hardie_store::accounts::{AccountKind, NewAccount};
use hardie_store::pushes::NewPush;
use hardie_store::repos::NewRepo;
use hardie_store::{Engine, Store, StoreOptions};

/// When tests begin.
pub const NOW: Timestamp = Timestamp(1_700_000_000_000);
/// Everything that a test has in a list.
pub fn all() -> Page {
    Page::new(Some(1), Some(Page::MAX_LIMIT))
}

/// Seconds after [`NOW`].
pub fn after(seconds: i64) -> Timestamp {
    NOW.plus_seconds(seconds)
}

/// A ref name.
pub fn name(text: &str) -> RefName {
    RefName::parse(text.as_bytes()).unwrap()
}

/// An object id that ends in this number.
pub fn oid(number: u8) -> Oid {
    let mut bytes = [0; 20];
    bytes[19] = number;
    Oid(bytes)
}

/// A hash that begins with this number.
pub fn hash(number: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0] = number;
    bytes
}

/// One database.
pub struct Db {
    pub store: Store,
    pub options: StoreOptions,
    cluster: Option<(&'static str, String)>,
    _folder: Option<tempfile::TempDir>,
}

/// Declares one test for each engine: `name::sqlite` and `name::postgres`.
macro_rules! both {
    ($(async fn $name:ident($db:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            async fn check($db: $crate::support::Db) $body

            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                check($crate::support::Db::new(hardie_store::Engine::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() {
                check($crate::support::Db::new(hardie_store::Engine::Postgres).await).await;
            }
        }
    )+};
}

static NEXT: AtomicU64 = AtomicU64::new(0);

impl Db {
    /// An empty database with the schema in it.
    pub async fn new(engine: Engine) -> Db {
        let (options, cluster, folder) = match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                (StoreOptions::sqlite(&folder.path().join("hardie.db")), None, Some(folder))
            }
            Engine::Postgres => {
                let url = hardie_scratch_postgres::shared().unwrap_or_else(|error| panic!("{error}"));
                let name = format!("store_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
                let database = hardie_scratch_postgres::create_database(url, &name, None).unwrap();
                (StoreOptions::new(database), Some((url, name)), None)
            }
        };
        let store = Store::open(&options).await.unwrap();
        Db { store, options, cluster, _folder: folder }
    }

    /// A user of this name.
    pub async fn user(&self, user: &str) -> AccountId {
        self.account(AccountKind::User, user).await
    }

    /// An organisation of this name.
    pub async fn org(&self, org: &str) -> AccountId {
        self.account(AccountKind::Organization, org).await
    }

    async fn account(&self, kind: AccountKind, account: &str) -> AccountId {
        let mut tx = self.store.begin().await.unwrap();
        let email = if kind == AccountKind::User { format!("{account}@example.org") } else { String::new() };
        let new = NewAccount {
            kind,
            name: &AccountName::parse(account).unwrap(),
            full_name: "",
            email: &email,
            password_hash: None,
            is_admin: false,
            must_change_password: false,
            at: NOW,
        };
        let id = tx.insert_account(&new).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// A public repository.
    pub async fn repo(&self, owner: AccountId, repo: &str) -> RepoId {
        self.repo_of(owner, repo, Visibility::Public).await.expect("the name is free")
    }

    /// A repository, unless the name is taken.
    pub async fn repo_of(&self, owner: AccountId, repo: &str, visibility: Visibility) -> Option<RepoId> {
        let mut tx = self.store.begin().await.unwrap();
        let new = NewRepo {
            owner,
            name: &RepoName::parse(repo).unwrap(),
            description: "",
            visibility,
            default_branch: &name("refs/heads/main"),
            at: NOW,
        };
        let id = tx.insert_repo(&new).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// An open push to a repository.
    pub async fn push(&self, repo: RepoId) -> PushId {
        let nonce = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let mut tx = self.store.begin().await.unwrap();
        let id = tx.insert_push(&new_push(repo, &nonce, &[])).await.unwrap();
        tx.commit().await.unwrap();
        id
    }
}

/// A push by the system.
pub fn new_push<'a>(repo: RepoId, nonce: &'a [u8], options: &'a [String]) -> NewPush<'a> {
    NewPush { repo, actor: None, credential: Credential::System, door: Door::System, address: "", options, nonce, at: NOW }
}

impl Drop for Db {
    fn drop(&mut self) {
        if let Some((url, name)) = &self.cluster {
            hardie_scratch_postgres::drop_database(url, name).unwrap();
        }
    }
}
