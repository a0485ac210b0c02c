//! Releases and their files.

use hardie_api_types::release::{Attachment, Release};
use hardie_app::releases::{self, Asset};
use serde_json::Value;

use super::{Place, number, user};
use crate::links::encode_query;

impl Place<'_> {
    /// A release with its files.
    pub fn release(&self, release: &releases::Release) -> Release {
        let row = &release.row;
        Release {
            name: row.title.clone(),
            body: row.note.clone(),
            draft: row.draft,
            prerelease: row.prerelease,
            created_at: row.created_at.into(),
            published_at: row.published_at.map(Into::into),
            author: release.author.as_ref().map(|author| user(self.links, author)),
            assets: release.assets.iter().map(|asset| self.asset(&row.tag, asset)).collect(),
            ..self.addresses(row.id.0, &row.tag, &row.target)
        }
    }

    /// What an event still says of a release that is gone.
    pub fn release_gone(&self, fields: &Value) -> Release {
        let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
        let id = fields.get("id").and_then(Value::as_i64).unwrap_or_default();
        Release {
            name: text("name").to_owned(),
            prerelease: fields.get("prerelease").and_then(Value::as_bool).unwrap_or_default(),
            ..self.addresses(id, text("tag_name"), text("target_commitish"))
        }
    }

    fn addresses(&self, id: i64, tag: &str, target: &str) -> Release {
        let encoded = encode_query(tag.as_bytes());
        let page = |path: String| self.links.repo_page(self.repo, &path);
        let api = |path: String| self.links.repo_api(self.repo, &path);
        Release {
            id,
            tag_name: tag.to_owned(),
            target_commitish: target.to_owned(),
            name: String::new(),
            body: String::new(),
            url: api(format!("releases/{id}")),
            html_url: page(format!("releases/tag/{encoded}")),
            tarball_url: page(format!("archive/{encoded}.tar.gz")),
            zipball_url: page(format!("archive/{encoded}.zip")),
            upload_url: api(format!("releases/{id}/assets")),
            draft: false,
            prerelease: false,
            created_at: hardie_api_types::Time::never(),
            published_at: None,
            author: None,
            assets: Vec::new(),
        }
    }

    /// A file of the release of this tag.
    pub fn asset(&self, tag: &str, asset: &Asset) -> Attachment {
        let way = format!("releases/download/{}/{}", encode_query(tag.as_bytes()), encode_query(asset.name.as_bytes()));
        let sha256 = asset.object.oid.to_string();
        Attachment {
            id: asset.id.0,
            name: asset.name.clone(),
            size: number(asset.object.size),
            download_count: number(asset.downloads),
            created_at: asset.created_at.into(),
            uuid: uuid(&sha256),
            sha256,
            browser_download_url: self.links.repo_page(self.repo, &way),
        }
    }
}

/// The first half of a hash in the form of a UUID.
fn uuid(hex: &str) -> String {
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}
