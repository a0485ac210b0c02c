//! Repositories and what belongs to them.

use hardie_api_types::Time;
use hardie_api_types::account::User;
use hardie_api_types::branch::BranchProtection;
use hardie_api_types::protection::{PathRule, TagProtection as ShownTagProtection};
use hardie_api_types::repo::{Collaborator, Permission, Repository, WholeRepository};
use hardie_app::protections::{PathProtection, Protection, TagProtection};
use hardie_app::repos::{DeletedRepo, Repo, RepoRow};
use hardie_app::{accounts, collaborators};
use hardie_domain::access::{OwnerVisibility, Role, Visibility};
use hardie_domain::names::RepoPath;

use super::{number, user};
use crate::links::Links;

/// A repository as the asker may see it.
pub fn repo(links: &Links, repo: &Repo) -> Repository {
    let permissions = Permission { admin: repo.role >= Role::Admin, push: repo.role >= Role::Write, pull: true };
    Repository { permissions: Some(permissions), ..row(links, &repo.row, &repo.owner) }
}

/// A repository with what it was forked from.
pub fn whole_repo(links: &Links, shown: &Repo) -> WholeRepository {
    WholeRepository { repository: repo(links, shown), parent: shown.parent.as_deref().map(|parent| repo(links, parent)) }
}

/// A repository that can be restored.
pub fn deleted_repo(links: &Links, deleted: &DeletedRepo) -> Repository {
    let shown = row(links, &deleted.row, &deleted.owner);
    Repository { deleted_at: Some(deleted.deleted_at.into()), purge_at: Some(deleted.purge_at.into()), ..shown }
}

fn row(links: &Links, row: &RepoRow, owner: &accounts::Account) -> Repository {
    let path = RepoPath { owner: owner.name.to_string(), name: row.name.to_string() };
    let internal = row.visibility == Visibility::Public && owner.visibility == OwnerVisibility::Limited;
    let owner: User = user(links, owner);
    let no = false;
    Repository {
        id: row.id.0,
        owner,
        name: path.name.clone(),
        full_name: path.to_string(),
        description: row.description.clone(),
        empty: row.pushed_at.is_none(),
        private: row.visibility == Visibility::Private,
        fork: row.parent.is_some(),
        template: row.template,
        mirror: no,
        size: i64::try_from(row.size_bytes / 1024).unwrap_or(i64::MAX),
        language: String::new(),
        html_url: links.repo_page(&path, ""),
        url: links.repo_api(&path, ""),
        link: String::new(),
        ssh_url: links.clone_ssh(&path),
        clone_url: links.clone_http(&path),
        original_url: String::new(),
        website: row.website.clone(),
        stars_count: number(row.stars),
        forks_count: number(row.forks),
        watchers_count: number(row.watchers),
        open_issues_count: 0,
        open_pr_counter: 0,
        release_counter: 0,
        default_branch: row.default_branch.short(),
        archived: row.archived,
        created_at: row.created_at.into(),
        updated_at: row.updated_at.into(),
        archived_at: if row.archived { row.updated_at.into() } else { Time::never() },
        pushed_at: row.pushed_at.map(Time::from),
        permissions: None,
        has_issues: no,
        has_wiki: no,
        has_pull_requests: no,
        has_projects: no,
        has_releases: true,
        has_packages: no,
        has_actions: no,
        ignore_whitespace_conflicts: no,
        allow_merge_commits: no,
        allow_rebase: no,
        allow_rebase_explicit: no,
        allow_squash_merge: no,
        allow_fast_forward_only_merge: no,
        default_merge_style: "merge".to_owned(),
        avatar_url: links.repo_avatar(row.id),
        internal,
        object_format_name: "sha1".to_owned(),
        topics: row.topics.clone(),
        deleted_at: None,
        purge_at: None,
    }
}

/// A collaborator.
pub fn collaborator(links: &Links, collaborator: &collaborators::Collaborator) -> Collaborator {
    Collaborator { user: user(links, &collaborator.user), permission: collaborator.role.as_str().to_owned() }
}

/// A rule over branches.
pub fn protection(rule: Protection) -> BranchProtection {
    let (asks, people) = (rule.settings, rule.people);
    BranchProtection {
        branch_name: rule.pattern.clone(),
        rule_name: rule.pattern,
        priority: rule.priority,
        enable_push: asks.enable_push,
        enable_push_whitelist: asks.push_list,
        push_whitelist_usernames: people.push.people,
        push_whitelist_teams: people.push.teams,
        push_whitelist_deploy_keys: asks.push_deploy_keys,
        enable_force_push: rule.allow_force,
        enable_force_push_allowlist: asks.force_list,
        force_push_allowlist_usernames: people.force.people,
        force_push_allowlist_teams: people.force.teams,
        force_push_allowlist_deploy_keys: asks.force_deploy_keys,
        enable_delete: rule.allow_delete,
        enable_merge_whitelist: asks.merge_list,
        merge_whitelist_usernames: people.merge.people,
        merge_whitelist_teams: people.merge.teams,
        enable_status_check: asks.status_check,
        status_check_contexts: asks.status_contexts,
        required_approvals: asks.required_approvals,
        enable_approvals_whitelist: asks.approvals_list,
        approvals_whitelist_username: people.approvals.people,
        approvals_whitelist_teams: people.approvals.teams,
        block_on_rejected_reviews: asks.block_on_rejected_reviews,
        block_on_official_review_requests: asks.block_on_official_review_requests,
        block_on_outdated_branch: asks.block_on_outdated_branch,
        dismiss_stale_approvals: asks.dismiss_stale_approvals,
        ignore_stale_approvals: asks.ignore_stale_approvals,
        require_signed_commits: asks.require_signed_commits,
        require_linear_history: asks.require_linear_history,
        protected_file_patterns: asks.protected_files,
        unprotected_file_patterns: asks.unprotected_files,
        block_admin_merge_override: asks.block_admin_override,
        created_at: rule.created_at.into(),
        updated_at: rule.updated_at.into(),
    }
}

/// A rule over paths.
pub fn path_rule(rule: PathProtection) -> PathRule {
    PathRule {
        id: rule.id.0,
        branches: rule.settings.branches,
        paths: rule.settings.paths,
        everyone: rule.settings.everyone,
        usernames: rule.people.people,
        teams: rule.people.teams,
        deploy_keys: rule.settings.deploy_keys,
        created_at: rule.created_at.into(),
        updated_at: rule.updated_at.into(),
    }
}

/// A rule over tags.
pub fn tag_protection(rule: TagProtection) -> ShownTagProtection {
    ShownTagProtection {
        id: rule.id.0,
        name_pattern: rule.pattern,
        whitelist_usernames: rule.people.people,
        whitelist_teams: rule.people.teams,
        created_at: rule.created_at.into(),
        updated_at: rule.updated_at.into(),
    }
}
