//! Looking into a repository: refs, trees, files, history, differences, blame, search.
//!
//! Each function authorises with [`crate::access::repo_for`] and reads one snapshot. A name is looked up among the visible refs;
//! an id counts only if a visible ref reaches it, as for a fetch. Git work runs off the runtime, in turn, and within a budget.

mod archive;
mod blame;
mod changes;
mod contributors;
mod count;
mod files;
mod history;
pub(crate) mod known;
mod languages;
mod listing;
mod notes;
mod people;
mod proof;
mod reading;
mod readme;
mod recent;
mod refs;
mod revision;
mod search;

pub use archive::archive_content;
pub use blame::{BlameView, blame};
pub use changes::{CommitDetail, Compare, commit, commit_text, compare};
pub use contributors::{Contributor, Contributors, contributors};
pub use files::{BlobView, FileView, MAX_RAW_BYTES, MAX_SHOWN_BYTES, Raw, blob, file, raw};
pub use hardie_domain::plugin::{CommitInfo, Signature};
pub use hardie_git::blame::{Blame, Run, Source};
pub use hardie_git::diff::{Diff, FileDiff, Hunk, Line, LineKind, Status};
pub use hardie_git::search::{FoundFile, FoundLine};
pub use history::{CommitPage, CommitQuery, commits};
pub use languages::languages;
pub use listing::{EntryKind, GitTree, GitTreeItem, TreeItem, TreeView, entry, git_tree, tree};
pub use notes::note;
pub use people::CommitView;
pub(crate) use people::{account_of, people_of, with_people, with_person, with_trust};
pub(crate) use proof::{PROOF_TIME, Proof, Proven};
pub(crate) use reading::{Reading, explain, read_aside, read_authorised, read_authorised_slowly};
pub use readme::{Readme, readme};
pub use refs::{Annotation, Branch, RefView, Tag, TagView, get_branch, get_tag, get_tag_object, list_branches, list_refs, list_tags};
pub use revision::{RevKind, Revision};
pub(crate) use revision::{commit_named, require_commit};
pub use search::{CodeFound, CodeQuery, search_code};
