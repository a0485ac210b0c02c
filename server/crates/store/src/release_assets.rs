//! Files of releases. Their bytes are objects as those of Git LFS are ([`crate::lfs`]); a row here makes one a release's.

use hardie_domain::ids::{AccountId, AssetId, ReleaseId};
use hardie_domain::lfs::LfsObject;
use hardie_domain::time::Timestamp;

use crate::lfs::object;
use crate::sql::{AT_ONCE, Cols, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// One file of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetRow {
    /// Its id.
    pub id: AssetId,
    /// Of which release.
    pub release: ReleaseId,
    /// Its bytes: their sha256 and how many.
    pub object: LfsObject,
    /// Its name; once in a release.
    pub name: String,
    /// How often it was downloaded.
    pub downloads: u64,
    /// When it came.
    pub created_at: Timestamp,
}

/// A file to be made part of a release.
#[derive(Clone, Copy, Debug)]
pub struct NewAsset<'a> {
    /// Of which release.
    pub release: ReleaseId,
    /// Its bytes, staged.
    pub object: LfsObject,
    /// Its name.
    pub name: &'a str,
    /// Who brought it.
    pub uploader: AccountId,
    /// Now.
    pub at: Timestamp,
}

/// What became of [`Tx::insert_asset`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attached {
    /// It is there.
    Done(AssetRow),
    /// The object's row is gone or dead: its file may be gone too.
    Swept,
    /// The release has a file of this name.
    Taken,
}

const SELECT: &str = "SELECT a.id, a.release_id, a.name, a.downloads, a.created_at, o.oid, o.bytes FROM release_asset a \
     JOIN lfs_object o ON o.oid = a.oid WHERE a.release_id";

fn asset(cols: &mut Cols<'_>) -> Result<AssetRow> {
    let (id, release, name) = (cols.id(AssetId)?, cols.id(ReleaseId)?, cols.text()?);
    let (downloads, created_at) = (cols.count()?, cols.time()?);
    Ok(AssetRow { id, release, name, downloads, created_at, object: object(cols)? })
}

reads! {
    /// A file of a release.
    pub async fn find_asset(db, release: ReleaseId, id: AssetId) -> Result<Option<AssetRow>> {
        db.opt(sql(SELECT).push(" = ").push_bind(release).push(" AND a.id = ").push_bind(id), asset).await
    }

    /// A file of a release, by its name.
    pub async fn find_asset_by_name(db, release: ReleaseId, name: &str) -> Result<Option<AssetRow>> {
        db.opt(sql(SELECT).push(" = ").push_bind(release).push(" AND a.name = ").push_bind(name), asset).await
    }

    /// All files of these releases, by release, then in the order in which they came.
    pub async fn list_assets(db, releases: &[ReleaseId]) -> Result<Vec<AssetRow>> {
        let mut found = Vec::new();
        for chunk in releases.chunks(AT_ONCE) {
            let of_these = sql(SELECT).push_in(chunk);
            found.extend(db.all(of_these.push(" ORDER BY a.release_id, a.id"), asset).await?);
        }
        Ok(found)
    }

    /// How many files a release has.
    pub async fn count_assets(db, release: ReleaseId) -> Result<u64> {
        db.one(sql("SELECT COUNT(*) FROM release_asset WHERE release_id = $1").bind(release), count).await
    }
}

impl Tx {
    /// Makes a staged object a file of a release that is locked.
    pub async fn insert_asset(&mut self, new: &NewAsset<'_>) -> Result<Attached> {
        if !self.take_up_lfs(&new.object.oid).await? {
            return Ok(Attached::Swept);
        }
        let statement = sql("INSERT INTO release_asset (release_id, oid, name, uploader_id, created_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT DO NOTHING RETURNING id");
        let statement = statement.bind(new.release).bind(&new.object.oid.0).bind(new.name).bind(new.uploader).bind(new.at);
        Ok(match self.opt(statement, |c| c.id(AssetId)).await? {
            Some(id) => {
                let NewAsset { release, object, name, at, .. } = *new;
                Attached::Done(AssetRow { id, release, object, name: name.to_owned(), downloads: 0, created_at: at })
            }
            None => Attached::Taken,
        })
    }

    /// Gives a file another name; `false` if it is gone or another of the release has the name.
    pub async fn rename_asset(&mut self, release: ReleaseId, id: AssetId, name: &str) -> Result<bool> {
        let statement = sql("UPDATE release_asset SET name = $3 WHERE id = $2 AND release_id = $1 \
             AND NOT EXISTS (SELECT 1 FROM release_asset o WHERE o.release_id = $1 AND o.name = $3 AND o.id <> $2)");
        self.wrote(statement.bind(release).bind(id).bind(name)).await
    }

    /// Notes that a file was downloaded.
    pub async fn count_download(&mut self, id: AssetId) -> Result<bool> {
        self.wrote(sql("UPDATE release_asset SET downloads = downloads + 1 WHERE id = $1").bind(id)).await
    }

    /// Takes a file from a release; its bytes are left to the sweeper.
    pub async fn delete_asset(&mut self, release: ReleaseId, id: AssetId) -> Result<bool> {
        self.wrote(sql("DELETE FROM release_asset WHERE id = $2 AND release_id = $1").bind(release).bind(id)).await
    }
}
