//! Source, Markdown and diffs made ready for a page. Colouring takes time: call from a blocking thread.

use std::time::{Duration, Instant};

use hardie_api_types::blame::{BlameRun, BlameSource, FileBlame};
use hardie_api_types::commit::{CommitAffectedFile, CommitStats};
use hardie_api_types::diff::DiffFile;
use hardie_api_types::view::{FileView, LfsPointer, Readme};
use hardie_app::browse::{self, CommitInfo, Diff, FileDiff, RevKind, Revision, Run, Source, Status};
use hardie_app::render::{LinkContext, highlight, markdown, plain_text};
use hardie_domain::lfs::LfsObject;
use hardie_domain::names::RepoPath;

use super::diff::{Sides, diff_hunk};
use super::git::{number, summary, text};
use crate::links::{Links, encode, encode_query};

/// After this long the rest of a diff is shown without colours.
const COLOUR_TIME: Duration = Duration::from_millis(800);

/// A file for the code browser.
pub fn file_view(links: &Links, repo: &RepoPath, file: browse::FileView) -> FileView {
    let shown = file.content.as_ref().filter(|_| !file.is_binary);
    let path = text(&file.path);
    let coloured = shown.map(|bytes| highlight(&path, bytes)).unwrap_or_default();
    let lfs = shown.and_then(|bytes| LfsObject::parse_pointer(bytes)).map(|object| LfsPointer {
        oid: object.oid.to_string(),
        size: number(object.size),
        media_url: links.repo_api(repo, &format!("media/{}?ref={}", encode(&file.path), file.rev.commit)),
    });
    let rendered =
        shown.filter(|_| lfs.is_none() && is_markdown(&path)).map(|bytes| markdown(&text(bytes), &context(repo, &file.rev, &file.path)));
    FileView {
        url_path: encode(&file.path),
        ref_name: file.rev.name,
        ref_kind: file.rev.kind.as_str().to_owned(),
        commit_sha: file.rev.commit.to_hex(),
        sha: file.oid.to_hex(),
        kind: file.kind.as_str().to_owned(),
        size: number(file.size),
        binary: file.is_binary,
        too_large: file.content.is_none(),
        language: coloured.language.unwrap_or_default(),
        lines: coloured.lines,
        rendered,
        lfs,
        last_commit: file.last_commit.as_ref().map(summary),
        path,
    }
}

/// A file with the commit of each line.
pub fn file_blame(found: &browse::BlameView) -> FileBlame {
    let path = text(&found.path);
    FileBlame {
        url_path: encode(&found.path),
        ref_name: found.rev.name.clone(),
        ref_kind: found.rev.kind.as_str().to_owned(),
        commit_sha: found.rev.commit.to_hex(),
        sha: found.oid.to_hex(),
        lines: highlight(&path, &found.content).lines,
        runs: found.blame.runs.iter().map(blame_run).collect(),
        sources: found.blame.sources.iter().zip(&found.commits).map(|(source, commit)| blame_source(source, commit, &found.path)).collect(),
        complete: found.blame.complete,
        path,
    }
}

fn blame_run(run: &Run) -> BlameRun {
    BlameRun {
        start: i64::from(run.start) + 1,
        lines: i64::from(run.lines),
        source: run.from.and_then(|from| i64::try_from(from.source).ok()),
        original_start: run.from.map_or(0, |from| i64::from(from.start) + 1),
    }
}

fn blame_source(source: &Source, commit: &CommitInfo, now: &[u8]) -> BlameSource {
    let path = if *source.path == *now { String::new() } else { text(&source.path) };
    BlameSource { commit: summary(commit), path, url_path: encode(&source.path) }
}

/// A README.
pub fn readme(repo: &RepoPath, readme: &browse::Readme) -> Readme {
    let content = text(&readme.content);
    let html = match readme.is_markdown {
        true => markdown(&content, &context(repo, &readme.rev, &readme.path)),
        false => plain_text(&content),
    };
    Readme { path: text(&readme.path), html }
}

fn is_markdown(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    lower.ends_with(".md") || lower.ends_with(".markdown")
}

/// Where the links of a document lead: files to the UI, images to the bytes.
fn context(repo: &RepoPath, rev: &Revision, path: &[u8]) -> LinkContext {
    let (owner, name) = (encode(repo.owner.as_bytes()), encode(repo.name.as_bytes()));
    let (kind, reference) = match rev.kind {
        RevKind::Branch | RevKind::Tag => (rev.kind.as_str(), encode_query(rev.name.as_bytes())),
        RevKind::Ref | RevKind::Commit => ("commit", rev.commit.to_hex()),
    };
    let dir = path.iter().rposition(|b| *b == b'/').and_then(|at| path.get(..at)).unwrap_or_default();
    LinkContext {
        files: format!("/{owner}/{name}/src/{kind}/{reference}"),
        raw: format!("/{owner}/{name}/raw/{kind}/{reference}"),
        raw_query: String::new(),
        dir: encode(dir),
    }
}

/// The paths of a diff without their lines.
pub fn affected(diff: &Diff) -> Vec<CommitAffectedFile> {
    diff.files.iter().map(|file| CommitAffectedFile { filename: text(&file.path), status: status(file).to_owned() }).collect()
}

/// The sums of a diff.
pub fn stats(diff: &Diff) -> CommitStats {
    let (additions, deletions) = (number(diff.additions), number(diff.deletions));
    CommitStats { total: additions.saturating_add(deletions), additions, deletions }
}

/// The files of a diff, coloured for as long as that takes no more than its time.
pub fn diff_files(diff: Diff) -> Vec<DiffFile> {
    let began = Instant::now();
    diff.files.into_iter().map(|file| diff_file(file, began)).collect()
}

fn diff_file(file: FileDiff, began: Instant) -> DiffFile {
    let mode = |side: Option<(u32, _)>| side.map(|(mode, _)| format!("{mode:06o}")).unwrap_or_default();
    let path = text(&file.path);
    let sides = if began.elapsed() < COLOUR_TIME { Sides::of(&file) } else { Sides::plain() };
    DiffFile {
        status: status(&file).to_owned(),
        old_path: (file.old_path != file.path).then(|| text(&file.old_path)),
        url_path: encode(&file.path),
        old_mode: mode(file.old),
        new_mode: mode(file.new),
        old_sha: file.old.map(|(_, id)| id.to_hex()).unwrap_or_default(),
        new_sha: file.new.map(|(_, id)| id.to_hex()).unwrap_or_default(),
        binary: file.binary,
        too_large: file.too_large,
        additions: i64::from(file.additions),
        deletions: i64::from(file.deletions),
        hunks: file.hunks.iter().map(|hunk| diff_hunk(hunk, &sides)).collect(),
        path,
    }
}

fn status(file: &FileDiff) -> &'static str {
    match file.status {
        Status::Added => "added",
        Status::Deleted => "removed",
        Status::Renamed => "renamed",
        Status::Modified if file.old.map(|o| o.1) == file.new.map(|n| n.1) => "mode",
        Status::Modified => "modified",
    }
}
