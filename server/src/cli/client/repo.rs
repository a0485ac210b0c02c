//! `hardie repo`: repositories.

mod change;
mod clone;

use clap::Subcommand;
use hardie_api_types::repo::Repository;

use super::pages;
use super::remote::{Remote, accepted, repo_path, segment};
use crate::cli::shown::columns;
use crate::cli::{print_line, runtime};

/// What can be done with repositories.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a repository
    #[command(
        after_help = "Example:\n  hardie repo create tool --private --description 'Makes things'\n  hardie repo create smiths/anvil --clone"
    )]
    Create(change::CreateArgs),
    /// List repositories
    #[command(after_help = "Example:\n  hardie repo list\n  hardie repo list smiths --json")]
    List(ListArgs),
    /// Show a repository
    #[command(after_help = "Example:\n  hardie repo show\n  hardie repo show smiths/anvil --json")]
    Show(ShowArgs),
    /// Clone a repository, with the token of `hardie login`
    #[command(after_help = "Example:\n  hardie repo clone smiths/anvil\n  hardie repo clone smiths/anvil work/anvil --ssh")]
    Clone(clone::Args),
    /// Change a repository's settings
    #[command(
        after_help = "Example:\n  hardie repo edit --description 'Makes better things'\n  hardie repo edit smiths/anvil --name hammer --archive"
    )]
    Edit(change::EditArgs),
    /// Delete a repository
    #[command(after_help = "Example:\n  hardie repo delete smiths/anvil\n  hardie repo delete smiths/anvil --yes")]
    Delete(change::DeleteArgs),
}

/// Arguments of `hardie repo list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Those of this user or organisation [default: those in which you have a part]
    owner: Option<String>,
    /// Only those with this in their name, address or description
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    #[command(flatten)]
    remote: Remote,
    /// Print one JSON array instead of a table
    #[arg(long)]
    json: bool,
}

/// Arguments of `hardie repo show`.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// OWNER/REPO [default: that of the clone you are in]
    #[arg(value_name = "OWNER/REPO")]
    repo: Option<String>,
    #[command(flatten)]
    remote: Remote,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Create(args) => change::create(args),
        Command::List(args) => list(&args),
        Command::Show(args) => show(&args),
        Command::Clone(args) => clone::run(&args),
        Command::Edit(args) => change::edit(args),
        Command::Delete(args) => change::delete(&args),
    }
}

fn list(args: &ListArgs) -> anyhow::Result<()> {
    let client = args.remote.client()?;
    let mut path = match &args.owner {
        Some(owner) => format!("/api/v1/users/{}/repos", segment(owner)?),
        None => "/api/v1/user/repos".to_owned(),
    };
    if let Some(text) = &args.search {
        path = format!("{path}?q={}", encoded(text));
    }
    let all: Vec<Repository> = runtime()?.block_on(pages::all(&client, &path))?;
    if args.json {
        return print_line(&serde_json::to_string(&all)?);
    }
    let rows = all.into_iter().map(|one| {
        let state = if one.archived { "archived" } else { "" };
        vec![one.full_name, visibility(one.private).to_owned(), state.to_owned(), one.updated_at.0, one.description]
    });
    let heading = ["REPOSITORY", "", "", "UPDATED", "DESCRIPTION"].map(ToOwned::to_owned).to_vec();
    columns(std::iter::once(heading).chain(rows).collect())
}

fn show(args: &ShowArgs) -> anyhow::Result<()> {
    let target = args.remote.target()?;
    let path = repo_path(&target.repo(args.repo.as_deref())?)?;
    let client = target.client()?;
    let one: Repository =
        runtime()?.block_on(async { anyhow::Ok(accepted(client.get(&path).await?, "the server does not show it")?.json()?) })?;
    match args.json {
        true => print_line(&serde_json::to_string(&one)?),
        false => tell(&one),
    }
}

/// A repository for people.
fn tell(one: &Repository) -> anyhow::Result<()> {
    let mut facts = vec![visibility(one.private).to_owned()];
    facts.extend(one.archived.then(|| "archived".to_owned()));
    facts.push(match one.empty {
        true => "no commit yet".to_owned(),
        false => format!("HEAD is {}, {} KiB", one.default_branch, one.size),
    });
    let rows = [
        ("", format!("{}: {}", one.full_name, facts.join(", "))),
        ("about", one.description.clone()),
        ("website", one.website.clone()),
        ("page", one.html_url.clone()),
        ("HTTP", one.clone_url.clone()),
        ("SSH", one.ssh_url.clone()),
    ];
    rows.iter().filter(|(_, value)| !value.is_empty()).try_for_each(|(name, value)| match *name {
        "" => print_line(value),
        name => print_line(&format!("  {name:8}{}", value.replace('\n', " "))),
    })
}

fn visibility(private: bool) -> &'static str {
    if private { "private" } else { "public" }
}

/// A text as part of a query (RFC 3986, 2.1).
fn encoded(text: &str) -> String {
    hardie_outbound::Url::parse_with_params("http://localhost/", [("q", text)])
        .ok()
        .and_then(|url| url.query().and_then(|query| query.strip_prefix("q=")).map(ToOwned::to_owned))
        .unwrap_or_default()
}
