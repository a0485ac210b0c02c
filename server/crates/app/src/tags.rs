//! Tags made and deleted without git, through the same door as a push.

use hardie_domain::error::Invalid;
use hardie_domain::names::RepoPath;
use hardie_domain::oid::Oid;
use hardie_domain::push::RefUpdate;
use hardie_domain::refname::RefName;
use hardie_git::Kind;
use hardie_git::compose::{self, NewPack};

use crate::authorship::{Doer, message};
use crate::branches::short_name;
use crate::browse::{self, Tag};
use crate::contents::explain;
use crate::git_access::open_repo;
use crate::push::RefMover;
use crate::{App, Ctx, Error, Result};

/// Makes a tag of this short name of what a branch, a tag or a commit names; the default branch if there is none. It is an annotated one
/// if there is something to say. For those who may push.
pub async fn create_tag(app: &App, ctx: &Ctx, path: &RepoPath, short: &str, target: Option<&str>, text: Option<&str>) -> Result<Tag> {
    let mover = RefMover::new(app, ctx, path).await?;
    short_name("tag_name", short)?;
    let name = RefName::tag(short).map_err(|broken| Invalid { field: "tag_name", ..broken })?;
    let full = name.to_string();
    let target = browse::commit_named(app, mover.access(), target.unwrap_or("HEAD")).await?;
    let (new, pack) = match text.filter(|text| !text.trim().is_empty()) {
        None => (target, None),
        Some(text) => {
            let (tagger, text) = (Doer::find(app, ctx).await?.own()?, message(text, String::new)?);
            let mut pack = NewPack::default();
            let object = compose::tag(&target, Kind::Commit, short.as_bytes(), &tagger, text.as_bytes());
            (pack.add(Kind::Tag, &object).map_err(explain)?, Some(pack.finish()))
        }
    };
    mover.push(vec![RefUpdate { name, old: Oid::ZERO, new }], pack).await?;
    browse::get_tag(app, ctx, path, &full).await
}

/// Deletes the tag of this short name. For those who may push.
pub async fn delete_tag(app: &App, ctx: &Ctx, path: &RepoPath, short: &str) -> Result<()> {
    let mover = RefMover::new(app, ctx, path).await?;
    let absent = || Error::NotFound("tag");
    let name = RefName::tag(short).map_err(|_| absent())?;
    let handle = open_repo(app, mover.access().repo.id).await?;
    let old = handle.refs.find(name.as_bytes()).ok_or_else(absent)?.oid;
    mover.push(vec![RefUpdate { name, old, new: Oid::ZERO }], None).await
}
