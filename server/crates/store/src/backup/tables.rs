//! What a backup carries: every table, in an order in which no row comes before one that it refers to.

/// A table whose rows are carried.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The primary key, so that two dumps of the same rows are the same bytes.
    pub(crate) key: &'static str,
    /// Which rows: those that a row of one of these names; all if there are none.
    pub(crate) held: &'static [Holder],
    /// Migrations put rows there, which those of the backup replace.
    pub(crate) seeded: bool,
}

const fn table(name: &'static str, key: &'static str) -> Table {
    Table { name, key, held: &[], seeded: false }
}

/// Parents before children. A new table belongs here, in [`LEFT`], or fails a test.
pub const TABLES: &[Table] = &[
    Table { seeded: true, ..table("site", "id") },
    table("meta", "name"),
    table("account", "id"),
    table("email_address", "id"),
    table("invitation", "id"),
    table("sign_up", "id"),
    table("org_member", "org_id, user_id"),
    table("ssh_key", "id"),
    table("gpg_key", "id"),
    table("gpg_key_part", "gpg_key_id, key_id"),
    // Sealed: what opens them is no row.
    table("second_factor", "account_id"),
    table("recovery_code", "account_id, hash"),
    table("passkey", "id"),
    table("account_avatar", "account_id"),
    table("token", "id"),
    table("oauth_app", "id"),
    table("oauth_grant", "id"),
    // Sealed: what opens them is no row.
    table("oauth_key", "kid"),
    table("repo", "id"),
    table("repo_redirect", "owner_id, lower_name"),
    table("repo_avatar", "repo_id"),
    table("team", "id"),
    table("team_member", "team_id, user_id"),
    table("team_repo", "team_id, repo_id"),
    table("collaborator", "repo_id, account_id"),
    table("deploy_key", "id"),
    table("branch_protection", "repo_id, pattern"),
    table("tag_protection", "id"),
    table("path_rule", "id"),
    table("ref", "repo_id, name"),
    table("push", "id"),
    table("push_ref", "push_id, position"),
    table("push_certificate", "push_id"),
    table("reflog", "id"),
    // What no repository holds is garbage, or a push that is not committed.
    Table { held: PACK_HOLDERS, ..table("pack", "hash") },
    table("repo_pack", "repo_id, hash"),
    Table { held: LFS_HOLDERS, ..table("lfs_object", "oid") },
    table("repo_lfs", "repo_id, oid"),
    table("repo_release", "id"),
    table("release_asset", "id"),
    table("repo_mark", "account_id, kind, repo_id"),
    table("label", "id"),
    table("milestone", "id"),
    table("lfs_lock", "id"),
    table("commit_status", "id"),
    table("plugin_component", "digest"),
    table("plugin_publisher", "id"),
    table("component_signature", "digest, publisher_id"),
    table("installation", "id"),
    table("installation_version", "id"),
    // Sealed: what opens them is no row.
    table("installation_secret", "installation_id, name"),
    table("handler", "installation_id"),
    table("delivery", "id"),
    table("webhook_message", "delivery_id"),
    table("plugin_state", "installation_id, repo_id, name"),
    table("verdict", "id"),
    table("outbox", "id"),
    table("event", "seq"),
    table("audit", "id"),
    Table { seeded: true, ..table("audit_chain", "id") },
];

/// A table whose rows name files, and how they do.
#[derive(Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its name: an older schema may lack it.
    pub(crate) table: &'static str,
    /// Whether one of its rows names the row that is looked at.
    pub(crate) names: &'static str,
}

const PACK_HOLDERS: &[Holder] = &[Holder { table: "repo_pack", names: "EXISTS (SELECT 1 FROM repo_pack rp WHERE rp.hash = pack.hash)" }];
const LFS_HOLDERS: &[Holder] = &[
    Holder { table: "repo_lfs", names: "EXISTS (SELECT 1 FROM repo_lfs rl WHERE rl.oid = lfs_object.oid)" },
    Holder { table: "release_asset", names: "EXISTS (SELECT 1 FROM release_asset ra WHERE ra.oid = lfs_object.oid)" },
];

/// Tables that stay behind, and why that is right.
pub const LEFT: &[(&str, &str)] = &[
    ("session", "people sign in again; a copied backup opens no browser session"),
    ("sign_in_failure", "it counts minutes"),
    ("oauth_code", "codes of sign-ins that are under way: good for a minute"),
    ("passkey_challenge", "what was answered within minutes"),
    ("passkey_code", "codes that are good for minutes"),
    ("mail", "mails on their way: whoever waited for one asks again"),
    ("mail_token", "what such mails prove is good for a day at most"),
    ("idempotency", "answers that are given again within a day"),
    ("repo_import", "fetches under way or over: what proves who asks elsewhere is no one else's, and whoever wants it asks again"),
    ("pack_damage", "a restore proves each file anew"),
    ("pack_stage", "holds of pushes that are under way"),
    ("lease", "work of processes that are not those of the restored server"),
    ("schema_history", "the backup names its schema, and the migrations write this"),
];

/// A sort of files that rows name by the hash of their content.
#[derive(Debug, PartialEq, Eq)]
pub struct FileSort {
    /// Their folder in a backup.
    pub name: &'static str,
    /// The table of the files: an older schema may lack it.
    pub(crate) table: &'static str,
    /// Its column with the hash.
    pub(crate) key: &'static str,
    /// What names the files. Sees what [`TABLES`] carries and nothing else.
    pub(crate) held: &'static [Holder],
}

/// All sorts. A new one is added here, and in `app`'s `backup/files.rs`, which knows where the files are.
pub const SORTS: &[FileSort] = &[
    FileSort { name: "packs", table: "pack", key: "hash", held: PACK_HOLDERS },
    FileSort { name: "lfs", table: "lfs_object", key: "oid", held: LFS_HOLDERS },
];

/// A file that a row names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeldFile {
    /// sha256 of its bytes.
    pub hash: [u8; 32],
    /// Its size.
    pub bytes: u64,
}

/// The condition under which a row is held, by what of the holders the schema has.
pub(crate) fn is_held(holders: &[Holder], present: &[String]) -> String {
    let known = holders.iter().filter(|holder| present.iter().any(|table| table == holder.table));
    known.map(|holder| holder.names).collect::<Vec<_>>().join(" OR ")
}

/// The carried table of this name, and its place in the order.
pub fn find(name: &str) -> Option<(usize, &'static Table)> {
    TABLES.iter().enumerate().find(|(_, table)| table.name == name)
}
