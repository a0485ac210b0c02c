//! `hardie repo create`, `edit` and `delete`.

use anyhow::{bail, ensure};
use hardie_api_types::account::User;
use hardie_api_types::repo::{CreateRepoOption, EditRepoOption, Repository};
use hardie_domain::names::RepoPath;

use super::super::remote::{Remote, accepted, repo_path, segment};
use crate::cli::hidden;
use crate::cli::{print_line, runtime};

/// Arguments of `hardie repo create`.
#[derive(Debug, clap::Args)]
pub struct CreateArgs {
    /// NAME, or ORG/NAME for one of an organisation
    #[arg(value_name = "[OWNER/]NAME")]
    repo: String,
    /// Only its owner and collaborators see it
    #[arg(long)]
    private: bool,
    /// A line about it
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    description: String,
    /// The branch that HEAD shall name [default: the first one that is pushed]
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    default_branch: String,
    /// Clone it at once
    #[arg(long)]
    clone: bool,
    #[command(flatten)]
    remote: Remote,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Arguments of `hardie repo edit`.
#[derive(Debug, clap::Args)]
pub struct EditArgs {
    /// OWNER/REPO [default: that of the clone you are in]
    #[arg(value_name = "OWNER/REPO")]
    repo: Option<String>,
    /// A new name; the old one leads to it
    #[arg(long)]
    name: Option<String>,
    /// A line about it
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// An address; empty takes it away
    #[arg(long, value_name = "URL")]
    website: Option<String>,
    /// The branch that HEAD names
    #[arg(long, value_name = "NAME")]
    default_branch: Option<String>,
    /// Only its owner and collaborators see it
    #[arg(long, conflicts_with = "public")]
    private: bool,
    /// Everybody sees it
    #[arg(long)]
    public: bool,
    /// It can be read but not changed
    #[arg(long, conflicts_with = "unarchive")]
    archive: bool,
    /// It can be changed again
    #[arg(long)]
    unarchive: bool,
    #[command(flatten)]
    remote: Remote,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Arguments of `hardie repo delete`.
#[derive(Debug, clap::Args)]
pub struct DeleteArgs {
    /// OWNER/REPO, which no clone says for you
    #[arg(value_name = "OWNER/REPO")]
    repo: String,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    remote: Remote,
}

/// Makes one.
pub fn create(args: CreateArgs) -> anyhow::Result<()> {
    let target = args.remote.target()?;
    let client = target.client()?;
    let (owner, name) = args.repo.split_once('/').map_or((None, args.repo.as_str()), |(owner, name)| (Some(owner), name));
    let wish = CreateRepoOption {
        name: segment(name)?.to_owned(),
        description: args.description,
        private: args.private,
        default_branch: args.default_branch,
        ..CreateRepoOption::default()
    };
    let made: Repository = runtime()?.block_on(async {
        let path = match owner {
            None => "/api/v1/user/repos".to_owned(),
            Some(owner) => {
                let user: User = accepted(client.get("/api/v1/user").await?, "the server does not say who you are")?.json()?;
                match user.login.eq_ignore_ascii_case(owner) {
                    true => "/api/v1/user/repos".to_owned(),
                    false => format!("/api/v1/orgs/{}/repos", segment(owner)?),
                }
            }
        };
        anyhow::Ok(accepted(client.post_json(&path, &wish).await?, "the server does not make it")?.json()?)
    })?;
    match args.json {
        true => print_line(&serde_json::to_string(&made)?)?,
        false => print_line(&format!("made {}", made.full_name))?,
    }
    if !args.clone {
        return Ok(());
    }
    let made = RepoPath { owner: made.owner.login, name: made.name };
    super::clone::over_http(&target, &made, None, &[])
}

/// Changes what is given.
pub fn edit(args: EditArgs) -> anyhow::Result<()> {
    let switch = |on: bool, off: bool| (on || off).then_some(on);
    let wish = EditRepoOption {
        name: args.name,
        description: args.description,
        website: args.website,
        private: switch(args.private, args.public),
        archived: switch(args.archive, args.unarchive),
        default_branch: args.default_branch,
        ..EditRepoOption::default()
    };
    ensure!(wish != EditRepoOption::default(), "say what shall change: --name, --description, --private, … (hardie repo edit --help)");
    let target = args.remote.target()?;
    let path = repo_path(&target.repo(args.repo.as_deref())?)?;
    let client = target.client()?;
    let changed: Repository =
        runtime()?.block_on(async { anyhow::Ok(accepted(client.patch_json(&path, &wish).await?, "nothing was changed")?.json()?) })?;
    match args.json {
        true => print_line(&serde_json::to_string(&changed)?),
        false => super::tell(&changed),
    }
}

/// Deletes it, once somebody said so.
pub fn delete(args: &DeleteArgs) -> anyhow::Result<()> {
    let target = args.remote.target()?;
    let repo = target.repo(Some(&args.repo))?;
    let (path, client) = (repo_path(&repo)?, target.client()?);
    if !args.yes {
        ensure!(hidden::can_ask(), "nobody can be asked whether {repo} at {} shall be deleted: add --yes", target.address);
        let typed = hidden::ask_aloud(&format!("Delete {repo} at {}? Type its name: ", target.address), "answer")?;
        if typed != repo.to_string() {
            bail!("nothing was deleted: that is not {repo}");
        }
    }
    let answer = runtime()?.block_on(client.delete(&path))?;
    accepted(answer, "the server does not delete it")?;
    print_line(&format!("deleted {repo}; its owner can have it back for a while, see the deleted ones in the browser"))
}
