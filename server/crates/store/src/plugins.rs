//! Components, kept once for each digest, and where they are installed.

use hardie_domain::ids::{AccountId, InstallationId, RepoId};
use hardie_domain::plugin::{Digest, Mode};
use hardie_domain::time::Timestamp;
use hardie_domain::webhook::BUILT_IN;
use hardie_domain::world::{POLICY, POLICY_ONLINE};

use crate::sql::{Cols, Sql, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// What a component says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentRow {
    /// sha256 of its bytes.
    pub digest: Digest,
    /// The name in its manifest.
    pub name: String,
    /// The version in its manifest.
    pub version: String,
    /// One line for people.
    pub description: String,
    /// Worlds that it exports; no item holds a line break.
    pub worlds: Vec<String>,
    /// Interfaces that it imports; no item holds a line break.
    pub imports: Vec<String>,
    /// The configuration that holds when nobody gives one, JSON.
    pub default_config: String,
    /// Bytes.
    pub size: u64,
    /// Who brought it.
    pub uploaded_by: Option<AccountId>,
    /// When.
    pub created_at: Timestamp,
}

/// What an installation guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every repository.
    Site,
    /// Every repository of an owner.
    Account(AccountId),
    /// One repository.
    Repo(RepoId),
}

impl Scope {
    /// The word in rows and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::Site => "site",
            Scope::Account(_) => "account",
            Scope::Repo(_) => "repo",
        }
    }

    pub(crate) fn id(self) -> i64 {
        match self {
            Scope::Site => 0,
            Scope::Account(id) => id.0,
            Scope::Repo(id) => id.0,
        }
    }
}

/// A component at work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallationRow {
    /// Its id, never used again.
    pub id: InstallationId,
    /// What it guards.
    pub scope: Scope,
    /// Its name, unique in its scope.
    pub name: String,
    /// Which component.
    pub digest: Digest,
    /// What its verdict does.
    pub mode: Mode,
    /// Whether a fault of its own lets a push pass.
    pub fail_open: bool,
    /// Its configuration, JSON.
    pub config: String,
    /// Imports that were granted; no item holds a line break.
    pub grants: Vec<String>,
    /// Where its requests may go, as far as the server's configuration allows it; no item holds a line break.
    pub hosts: Vec<String>,
    /// Who installed or last changed it.
    pub changed_by: Option<AccountId>,
    /// When it was installed.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl InstallationRow {
    /// Whether it is a webhook: what the server itself sends, for which no component runs.
    pub fn is_webhook(&self) -> bool {
        self.digest == BUILT_IN
    }
}

/// An installation to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewInstallation<'a> {
    /// What it guards.
    pub scope: Scope,
    /// Its name, unique in its scope.
    pub name: &'a str,
    /// Which component; its row exists.
    pub digest: Digest,
    /// What its verdict does.
    pub mode: Mode,
    /// Whether a fault lets a push pass.
    pub fail_open: bool,
    /// JSON.
    pub config: &'a str,
    /// Imports that are granted.
    pub grants: &'a [String],
    /// Who installs it.
    pub by: Option<AccountId>,
    /// Now.
    pub at: Timestamp,
}

/// What changes of an installation; `None` leaves a part as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct InstallationChange<'a> {
    /// What its verdict does.
    pub mode: Option<Mode>,
    /// Whether a fault lets a push pass.
    pub fail_open: Option<bool>,
    /// JSON.
    pub config: Option<&'a str>,
    /// Which component was looked at, and accepted the configuration: if another runs meanwhile, nothing changes.
    pub runs: Option<Digest>,
}

fn component_row(cols: &mut Cols<'_>) -> Result<ComponentRow> {
    Ok(ComponentRow {
        digest: Digest(cols.hash()?),
        name: cols.text()?,
        version: cols.text()?,
        description: cols.text()?,
        worlds: cols.lines()?,
        imports: cols.lines()?,
        default_config: cols.text()?,
        size: cols.count()?,
        uploaded_by: cols.opt_id(AccountId)?,
        created_at: cols.time()?,
    })
}

pub(crate) fn installation_row(cols: &mut Cols<'_>) -> Result<InstallationRow> {
    let id = cols.id(InstallationId)?;
    let scope = cols.text()?;
    let scope_id = cols.int()?;
    Ok(InstallationRow {
        id,
        scope: match scope.as_str() {
            "site" => Scope::Site,
            "account" => Scope::Account(AccountId(scope_id)),
            "repo" => Scope::Repo(RepoId(scope_id)),
            _ => return Err(crate::Error::Corrupt(format!("installation {id} has the scope {scope:?}"))),
        },
        name: cols.text()?,
        digest: Digest(cols.hash()?),
        mode: cols.word(Mode::parse)?,
        fail_open: cols.flag()?,
        config: cols.text()?,
        grants: cols.lines()?,
        hosts: cols.lines()?,
        changed_by: cols.opt_id(AccountId)?,
        created_at: cols.time()?,
        updated_at: cols.time()?,
    })
}

fn select_component() -> Sql {
    sql("SELECT digest, name, version, description, worlds, imports, default_config, size, uploaded_by, created_at FROM plugin_component")
}

pub(crate) fn select_installation() -> Sql {
    sql("SELECT i.id, i.scope, i.scope_id, i.name, i.digest, i.mode, i.fail_open, i.config, i.grants, i.hosts, \
         i.changed_by, i.created_at, i.updated_at FROM installation i")
}

/// Appends what guards a repository, in the order in which it is asked.
fn effective(statement: Sql, repo: RepoId) -> Sql {
    statement
        .push(" (i.scope = 'site' OR (i.scope = 'repo' AND i.scope_id = ")
        .push_bind(repo)
        .push(") OR (i.scope = 'account' AND i.scope_id = (SELECT r.owner_id FROM repo r WHERE r.id = ")
        .push_bind(repo)
        .push("))) ORDER BY CASE i.scope WHEN 'site' THEN 0 WHEN 'account' THEN 1 ELSE 2 END, i.id")
}

reads! {
    /// What a component says of itself.
    pub async fn find_component(db, digest: Digest) -> Result<Option<ComponentRow>> {
        db.opt(select_component().push(" WHERE digest = ").push_bind(digest), component_row).await
    }

    /// The component itself.
    pub async fn find_component_bytes(db, digest: Digest) -> Result<Option<Vec<u8>>> {
        db.opt(sql("SELECT bytes FROM plugin_component WHERE digest = $1").bind(digest), |c| c.bytes()).await
    }

    /// All components that anybody brought, newest first; at most 500.
    pub async fn list_components(db) -> Result<Vec<ComponentRow>> {
        db.all(select_component().push(" WHERE digest <> ").push_bind(BUILT_IN).push(" ORDER BY created_at DESC, digest LIMIT 500"), component_row).await
    }

    /// How many components a user brought, and their bytes.
    pub async fn count_components_of(db, uploaded_by: AccountId) -> Result<(u64, u64)> {
        let statement = sql("SELECT COUNT(*), CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM plugin_component WHERE uploaded_by = $1");
        db.one(statement.bind(uploaded_by), |cols| Ok((cols.count()?, cols.count()?))).await
    }

    /// Digests of components that an installation needs: to be loaded at start.
    pub async fn list_installed_digests(db) -> Result<Vec<Digest>> {
        let statement = sql("SELECT DISTINCT digest FROM installation WHERE mode <> 'off' AND digest <> $1 ORDER BY digest");
        db.all(statement.bind(BUILT_IN), |c| c.hash().map(Digest)).await
    }

    /// One installation, whatever it guards.
    pub async fn find_installation(db, id: InstallationId) -> Result<Option<InstallationRow>> {
        db.opt(select_installation().push(" WHERE i.id = ").push_bind(id), installation_row).await
    }

    /// The installation of this name in exactly this scope.
    pub async fn find_installation_by_name(db, scope: Scope, name: &str) -> Result<Option<InstallationRow>> {
        let statement = select_installation().push(" WHERE i.scope = ").push_bind(scope.as_str())
            .push(" AND i.scope_id = ").push_bind(scope.id()).push(" AND i.name = ").push_bind(name);
        db.opt(statement, installation_row).await
    }

    /// Plugins in exactly this scope, by name.
    pub async fn list_installations(db, scope: Scope) -> Result<Vec<InstallationRow>> {
        let statement = select_installation().push(" WHERE i.digest <> ").push_bind(BUILT_IN)
            .push(" AND i.scope = ").push_bind(scope.as_str())
            .push(" AND i.scope_id = ").push_bind(scope.id()).push(" ORDER BY i.name");
        db.all(statement, installation_row).await
    }

    /// Everything that guards one repository, switched off or not: the site's, its owner's, its own; oldest first in each.
    pub async fn list_effective_installations(db, repo: RepoId) -> Result<Vec<InstallationRow>> {
        db.all(effective(select_installation().push(" WHERE i.digest <> ").push_bind(BUILT_IN).push(" AND"), repo), installation_row).await
    }

    /// Those of them that judge pushes: their component is of the world `policy` or `policy-online`.
    pub async fn list_effective_policies(db, repo: RepoId) -> Result<Vec<InstallationRow>> {
        let worlds = |statement: Sql, world: &str| statement.push("(").push_bind("\n").push(" || c.worlds || ").push_bind("\n")
            .push(") LIKE ").push_bind(format!("%\n{world}\n%"));
        let policies = select_installation().push(" JOIN plugin_component c ON c.digest = i.digest WHERE (");
        let policies = worlds(worlds(policies, POLICY).push(" OR "), POLICY_ONLINE).push(") AND");
        db.all(effective(policies, repo), installation_row).await
    }
}

impl Tx {
    /// Keeps a component; `false` if it is there already, which then counts as brought anew and is locked until the transaction
    /// ends, so that it is not removed as unused before it is installed.
    pub async fn insert_component(&mut self, new: &ComponentRow, bytes: &[u8]) -> Result<bool> {
        let statement = sql("INSERT INTO plugin_component (digest, name, version, description, worlds, imports, default_config, size, \
             uploaded_by, created_at, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING")
        .bind(new.digest)
        .bind(new.name.as_str())
        .bind(new.version.as_str())
        .bind(new.description.as_str())
        .bind(new.worlds.join("\n"))
        .bind(new.imports.join("\n"))
        .bind(new.default_config.as_str())
        .bind(new.size)
        .bind(new.uploaded_by)
        .bind(new.created_at)
        .bind(bytes);
        for _ in 0..2 {
            if self.wrote(statement.clone()).await? {
                return Ok(true);
            }
            let again = sql("UPDATE plugin_component SET created_at = $2 WHERE digest = $1").bind(new.digest).bind(new.created_at);
            if self.wrote(again).await? {
                break;
            }
        }
        Ok(false)
    }

    /// Installs a component; `None` if the scope has one of this name. Pushes judged before are judged again.
    pub async fn insert_installation(&mut self, new: &NewInstallation<'_>) -> Result<Option<InstallationId>> {
        self.bump_scope(new.scope).await?;
        let statement =
            sql("INSERT INTO installation (scope, scope_id, name, digest, mode, fail_open, config, grants, changed_by, created_at, \
             updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) ON CONFLICT DO NOTHING RETURNING id")
            .bind(new.scope.as_str())
            .bind(new.scope.id())
            .bind(new.name)
            .bind(new.digest)
            .bind(new.mode.as_str())
            .bind(new.fail_open)
            .bind(new.config)
            .bind(new.grants.join("\n"))
            .bind(new.by)
            .bind(new.at);
        let Some(id) = self.opt(statement, |cols| cols.id(InstallationId)).await? else { return Ok(None) };
        self.insert_version(id, new.digest, new.config, new.by, new.at).await?;
        Ok(Some(id))
    }

    /// Changes an installation of this scope; `false` if there is none.
    pub async fn update_installation(
        &mut self,
        scope: Scope,
        id: InstallationId,
        change: &InstallationChange<'_>,
        by: Option<AccountId>,
        at: Timestamp,
    ) -> Result<bool> {
        self.bump_scope(scope).await?;
        let statement = sql("UPDATE installation SET mode = COALESCE($4, mode), fail_open = COALESCE($5, fail_open), \
             config = COALESCE($6, config), changed_by = $7, updated_at = $8 WHERE id = $1 AND scope = $2 AND scope_id = $3 \
             AND digest = COALESCE($9, digest)")
        .bind(id)
        .bind(scope.as_str())
        .bind(scope.id())
        .bind(change.mode.map(Mode::as_str))
        .bind(change.fail_open)
        .bind(change.config)
        .bind(by)
        .bind(at)
        .bind(change.runs);
        self.wrote(statement).await
    }

    /// Holds off everybody else who changes this installation, until the transaction ends; as it is then. `None` if this scope has no such.
    pub async fn lock_installation(&mut self, scope: Scope, id: InstallationId) -> Result<Option<InstallationRow>> {
        let statement = sql("UPDATE installation SET updated_at = updated_at WHERE id = $1 AND scope = $2 AND scope_id = $3");
        match self.wrote(statement.bind(id).bind(scope.as_str()).bind(scope.id())).await? {
            true => self.find_installation(id).await,
            false => Ok(None),
        }
    }

    /// Sets where requests of an installation may go. No push is judged by that.
    pub async fn set_installation_hosts(&mut self, id: InstallationId, hosts: &[String]) -> Result<bool> {
        let statement = sql("UPDATE installation SET hosts = $2 WHERE id = $1");
        self.wrote(statement.bind(id).bind(hosts.join("\n"))).await
    }

    /// Removes an installation of this scope. Its verdicts stay with their pushes.
    pub async fn delete_installation(&mut self, scope: Scope, id: InstallationId) -> Result<bool> {
        // As whoever ends a try does: it looks at the installation when it has the handler.
        self.lock_handler(id).await?;
        self.bump_scope(scope).await?;
        let statement = sql("DELETE FROM installation WHERE id = $1 AND scope = $2 AND scope_id = $3");
        self.wrote(statement.bind(id).bind(scope.as_str()).bind(scope.id())).await
    }

    /// Removes components that nothing needs and that nobody brought since `before`; which.
    pub async fn delete_unused_components(&mut self, before: Timestamp) -> Result<Vec<Digest>> {
        let statement = sql("DELETE FROM plugin_component WHERE created_at < $1 AND NOT EXISTS (SELECT 1 FROM installation_version v \
             WHERE v.digest = plugin_component.digest) RETURNING digest");
        self.all(statement.bind(before), |cols| cols.hash().map(Digest)).await
    }

    pub(crate) async fn bump_scope(&mut self, scope: Scope) -> Result<bool> {
        match scope {
            Scope::Site => self.bump_site_rules().await,
            Scope::Account(id) => self.bump_account_rules(id).await,
            Scope::Repo(id) => self.bump_rules(id).await,
        }
    }
}
