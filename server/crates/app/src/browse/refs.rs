//! Branches and tags.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use hardie_domain::access::{RepoAction, Role};
use hardie_domain::names::RepoPath;
use hardie_domain::oid::Oid;
use hardie_domain::page::{Page, Paged};
use hardie_domain::plugin::{CommitInfo, Signature, Signed};
use hardie_domain::refname::RefName;
use hardie_git::read::AheadBehind;
use hardie_git::wire::AdvertisedRef;
use hardie_git::{Budget, Kind, read as git_read};

use super::known::Known;
use super::people::{CommitView, people_of, with_people};
use super::reading::{Reading, explain, read, read_authorised};
use super::revision;
use crate::access::repo_for;
use crate::accounts::{Account, shown};
use crate::protections::{Protection, Rules, pusher_of};
use crate::signatures::{Subject, Trust};
use crate::{App, Ctx, Error, Result, signatures};

/// The branches of one page are counted for so long.
const COUNT_TIME: Duration = Duration::from_millis(500);

/// Keyed by both commits, base first: how they lie to each other never changes.
static DISTANCES: LazyLock<Known<(Oid, Oid), AheadBehind>> = LazyLock::new(|| Known::new(10_000));

/// A branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Its full name; [`RefName::short`] is for people.
    pub name: RefName,
    /// Its tip.
    pub tip: CommitView,
    /// Whether HEAD names it.
    pub is_default: bool,
    /// The rules that hold for it, without the people on their lists.
    pub rules: Vec<Protection>,
    /// Whether the asker may push to it, as far as roles and rules say.
    pub can_push: bool,
    /// Whether an update may drop commits.
    pub allow_force: bool,
    /// Whether it may be deleted.
    pub allow_delete: bool,
    /// How it lies to the default branch; `None` for that branch itself, and where counting takes too long.
    pub distance: Option<AheadBehind>,
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its full name.
    pub name: RefName,
    /// The tag object, or what a light tag points at.
    pub oid: Oid,
    /// The commit that it finally names; `None` for a tag of something else.
    pub commit: Option<CommitView>,
    /// What an annotated tag says.
    pub annotation: Option<Annotation>,
}

/// What an annotated tag says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// The tag object.
    pub oid: Oid,
    /// The name in the tag itself. Bytes.
    pub name: Vec<u8>,
    /// What it points at.
    pub target: Oid,
    /// `commit`, `tree`, `blob` or `tag`.
    pub target_kind: &'static str,
    /// Who tagged; old tags have none.
    pub tagger: Option<Signature>,
    /// The message as stored. Bytes.
    pub message: Vec<u8>,
    /// What signs it, if anything does.
    pub signed: Option<Arc<Signed>>,
}

/// An annotated tag as pages show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagView {
    /// What it says.
    pub annotation: Annotation,
    /// The account with the tagger's address.
    pub tagger: Option<Account>,
    /// What its signature is worth.
    pub trust: Trust,
}

/// A ref as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefView {
    /// Its full name.
    pub name: RefName,
    /// What it points at.
    pub oid: Oid,
    /// `commit`, `tree`, `blob` or `tag`.
    pub kind: &'static str,
}

/// Branches, the default one first, then by name.
pub async fn list_branches(app: &App, ctx: &Ctx, path: &RepoPath, page: Page) -> Result<Paged<Branch>> {
    branches(
        app,
        ctx,
        path,
        move |r| {
            let refs = &r.handle.refs;
            let default = refs.find(refs.head().target.as_bytes());
            let others = in_range(r, b"refs/heads/").filter(|b| b.name != refs.head().target);
            Ok(default.into_iter().chain(others).cloned().collect())
        },
        page,
    )
    .await
}

/// The branch of this short (or full) name.
pub async fn get_branch(app: &App, ctx: &Ctx, path: &RepoPath, name: &str) -> Result<Branch> {
    let full = if name.starts_with("refs/heads/") { name.to_owned() } else { format!("refs/heads/{name}") };
    let found = branches(
        app,
        ctx,
        path,
        move |r| {
            let found = r.handle.refs.find(full.as_bytes()).cloned();
            Ok(vec![found.ok_or(Error::NotFound("branch"))?])
        },
        Page::new(None, None),
    );
    found.await?.items.pop().ok_or(Error::NotFound("branch"))
}

/// A branch before people are joined to its tip.
struct Seen {
    name: RefName,
    tip: CommitInfo,
    rules: Vec<Protection>,
    distance: Option<AheadBehind>,
}

async fn branches(
    app: &App,
    ctx: &Ctx,
    path: &RepoPath,
    select: impl FnOnce(&Reading) -> Result<Vec<AdvertisedRef>> + Send + 'static,
    page: Page,
) -> Result<Paged<Branch>> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    // A reader who has not signed in holds the role of reading too, and may not push.
    let can_push = access.role >= Role::Write && !access.repo.archived;
    let rules = Rules::of_branches(app.store.list_protections(access.repo.id).await?)?;
    let pusher = match &ctx.actor {
        Some(actor) => Some(pusher_of(app, &access, &rules, actor.id, false).await?),
        None => None,
    };
    let (found, total, default) = read_authorised(app, &access, move |r| {
        let mut budget = r.budget();
        let all = select(r)?;
        let total = all.len() as u64;
        let start = usize::try_from(page.offset()).unwrap_or(usize::MAX);
        let mut counting = r.spare_budget(COUNT_TIME);
        let mut found = Vec::new();
        for AdvertisedRef { name, oid, .. } in all.into_iter().skip(start).take(page.limit() as usize) {
            let short = name.as_bytes().strip_prefix(b"refs/heads/").unwrap_or_default();
            let rules = rules.holding(short, &mut budget).map_err(explain)?.into_iter().cloned().collect();
            let distance = if name == r.handle.refs.head().target { None } else { distance(r, &oid, &mut counting) };
            found.push(Seen { tip: git_read::commit(&r.handle.odb, &oid).map_err(explain)?, name, rules, distance });
        }
        Ok((found, total, r.handle.refs.head().target.clone()))
    })
    .await?;
    let tips = with_people(app, ctx, found.iter().map(|seen| seen.tip.clone()).collect()).await?;
    let branch = |(Seen { name, rules, distance, .. }, tip)| {
        let is_default = name == default;
        Branch {
            tip,
            is_default,
            can_push: can_push && pusher.as_ref().is_some_and(|pusher| rules.iter().all(|rule| rule.settings.may_push(pusher))),
            allow_force: rules.iter().all(|rule| rule.allow_force),
            allow_delete: !is_default && rules.iter().all(|rule| rule.allow_delete),
            rules,
            name,
            distance,
        }
    };
    Ok(Paged { items: found.into_iter().zip(tips).map(branch).collect(), total })
}

/// How a commit lies to the default branch's tip; `None` once the time for it is over.
fn distance(r: &Reading, tip: &Oid, counting: &mut Budget) -> Option<AheadBehind> {
    let key = (r.handle.refs.head().oid?, *tip);
    if let Some(known) = DISTANCES.get(&key) {
        return Some(known);
    }
    let found = git_read::ahead_behind(&r.handle.odb, &key.0, tip, counting).ok()?;
    DISTANCES.put(key, found);
    Some(found)
}

/// Tags by name, the last in byte order first: version numbers mostly grow.
pub async fn list_tags(app: &App, ctx: &Ctx, path: &RepoPath, page: Page) -> Result<Paged<Tag>> {
    let (tags, total) = read(app, ctx, path, move |r| {
        let all: Vec<&AdvertisedRef> = in_range(r, b"refs/tags/").collect();
        let total = all.len() as u64;
        let start = usize::try_from(page.offset()).unwrap_or(usize::MAX);
        let wanted = all.into_iter().rev().skip(start).take(page.limit() as usize);
        Ok((wanted.map(|tag| look_at(r, tag)).collect::<Result<Vec<_>>>()?, total))
    })
    .await?;
    Ok(Paged { items: join(app, ctx, tags).await?, total })
}

/// The tag of this short (or full) name.
pub async fn get_tag(app: &App, ctx: &Ctx, path: &RepoPath, name: &str) -> Result<Tag> {
    let full = if name.starts_with("refs/tags/") { name.to_owned() } else { format!("refs/tags/{name}") };
    let tag = read(app, ctx, path, move |r| look_at(r, r.handle.refs.find(full.as_bytes()).ok_or(Error::NotFound("tag"))?)).await?;
    join(app, ctx, vec![tag]).await?.pop().ok_or(Error::NotFound("tag"))
}

/// An annotated tag by the id of the tag object.
pub async fn get_tag_object(app: &App, ctx: &Ctx, path: &RepoPath, id: &str) -> Result<TagView> {
    let id = id.to_owned();
    let annotation = read(app, ctx, path, move |r| {
        let id = revision::by_id(r, &id)?.ok_or(Error::NotFound("tag"))?;
        annotation(r, &id)
    })
    .await?;
    let email = annotation.tagger.as_ref().map(|tagger| tagger.email.clone()).unwrap_or_default();
    let tagger = people_of(app, &[&email]).await?.remove(&email).flatten();
    let account = tagger.as_ref().map(|tagger| tagger.id);
    let subject = Subject { id: annotation.oid, signed: annotation.signed.clone(), email, account };
    let trust = signatures::judge(app, vec![subject]).await?.pop().unwrap_or(Trust::Unsigned);
    Ok(TagView { annotation, tagger: tagger.map(|account| shown(ctx, account)), trust })
}

/// Refs whose full name begins with `refs/` and this, in byte order. Like git, a whole name or its beginning.
pub async fn list_refs(app: &App, ctx: &Ctx, path: &RepoPath, prefix: &str, page: Page) -> Result<Paged<RefView>> {
    let prefix = format!("refs/{}", prefix.strip_prefix("refs/").unwrap_or(prefix));
    read(app, ctx, path, move |r| {
        let all: Vec<&AdvertisedRef> = in_range(r, prefix.as_bytes()).collect();
        let total = all.len() as u64;
        let start = usize::try_from(page.offset()).unwrap_or(usize::MAX);
        let wanted = all.into_iter().skip(start).take(page.limit() as usize);
        let view = |found: &AdvertisedRef| {
            let (kind, _) = r.handle.odb.header(&found.oid).map_err(explain)?;
            Ok(RefView { name: found.name.clone(), oid: found.oid, kind: kind.as_str() })
        };
        Ok(Paged { items: wanted.map(view).collect::<Result<Vec<_>>>()?, total })
    })
    .await
}

fn in_range<'a>(r: &'a Reading, prefix: &[u8]) -> impl DoubleEndedIterator<Item = &'a AdvertisedRef> + use<'a> {
    let refs = &r.handle.refs;
    refs.all().get(refs.below(prefix)).unwrap_or_default().iter()
}

struct TagSeen {
    name: RefName,
    oid: Oid,
    commit: Option<CommitInfo>,
    annotation: Option<Annotation>,
}

fn look_at(r: &Reading, tag: &AdvertisedRef) -> Result<TagSeen> {
    let peeled = git_read::peel(&r.handle.odb, &tag.oid).map_err(explain)?;
    let commit = match peeled.target_kind {
        Kind::Commit => Some(git_read::commit(&r.handle.odb, &peeled.target).map_err(explain)?),
        Kind::Tree | Kind::Blob | Kind::Tag => None,
    };
    let annotation = if peeled.kind == Kind::Tag { Some(annotation(r, &tag.oid)?) } else { None };
    Ok(TagSeen { name: tag.name.clone(), oid: tag.oid, commit, annotation })
}

fn annotation(r: &Reading, id: &Oid) -> Result<Annotation> {
    let tag = git_read::tag(&r.handle.odb, id).map_err(explain)?;
    let target_kind = tag.target_kind.as_str();
    Ok(Annotation {
        oid: *id,
        name: tag.name,
        target: tag.target,
        target_kind,
        tagger: tag.tagger,
        message: tag.message,
        signed: tag.signed,
    })
}

async fn join(app: &App, ctx: &Ctx, tags: Vec<TagSeen>) -> Result<Vec<Tag>> {
    let commits = tags.iter().filter_map(|tag| tag.commit.clone()).collect();
    let mut views = with_people(app, ctx, commits).await?.into_iter();
    let tag = |seen: TagSeen| Tag {
        commit: if seen.commit.is_some() { views.next() } else { None },
        name: seen.name,
        oid: seen.oid,
        annotation: seen.annotation,
    };
    Ok(tags.into_iter().map(tag).collect())
}
