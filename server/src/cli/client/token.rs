//! `hardie token`: access tokens of your own.

use anyhow::bail;
use clap::Subcommand;
use hardie_api_types::Time;
use hardie_api_types::account::User;
use hardie_api_types::identity::{AccessToken, CreateAccessTokenOption};
use hardie_app::ports::Clock as _;
use hardie_outbound::ApiClient;

use super::pages;
use super::remote::{Remote, accepted, segment};
use crate::cli::shown::columns;
use crate::cli::{print_line, runtime};
use crate::wiring::system::SystemClock;

/// What can be done with tokens.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a token and print it, alone, on stdout: it is shown this once
    #[command(
        after_help = "Example:\n  hardie token create ci --scopes read:repository\n  hardie token create bot --access write --repo alice/demo --ref 'refs/heads/bot/**' --days 90\n\nIt cannot do more, nor live longer, than the token that makes it."
    )]
    Create(CreateArgs),
    /// List your tokens
    #[command(after_help = "Example:\n  hardie token list --json")]
    List(ListArgs),
    /// Revoke a token
    #[command(after_help = "Example:\n  hardie token delete ci\n  hardie token delete 17")]
    Delete(DeleteArgs),
}

/// Arguments of `hardie token create`.
#[derive(Debug, clap::Args)]
pub struct CreateArgs {
    /// What it is for; shown in lists
    name: String,
    /// What it is good for: all, read:repository, write:user, … [default with --repo, --ref or --access: write:repository]
    #[arg(long, value_name = "SCOPE", value_delimiter = ',', required_unless_present_any = ["repo", "refs", "access"])]
    scopes: Vec<String>,
    /// After so many days it is good for nothing
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=3650))]
    days: Option<i64>,
    /// Good for this repository alone; may be given several times
    #[arg(long, value_name = "OWNER/REPO")]
    repo: Vec<String>,
    /// Moves these refs alone; may be given several times
    #[arg(long = "ref", id = "refs", value_name = "PATTERN")]
    refs: Vec<String>,
    /// read: it changes nothing; write: it changes what a push may
    #[arg(long, value_parser = ["read", "write"])]
    access: Option<String>,
    #[command(flatten)]
    remote: Remote,
    /// Print one JSON object instead of the token alone
    #[arg(long)]
    json: bool,
}

/// Arguments of `hardie token list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    remote: Remote,
    /// Print one JSON array instead of a table
    #[arg(long)]
    json: bool,
}

/// Arguments of `hardie token delete`.
#[derive(Debug, clap::Args)]
pub struct DeleteArgs {
    /// Its name or id
    #[arg(value_name = "TOKEN")]
    wanted: String,
    #[command(flatten)]
    remote: Remote,
}

/// Runs the command.
pub fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Create(args) => create(args),
        Command::List(args) => list(&args),
        Command::Delete(args) => delete(&args),
    }
}

fn create(args: CreateArgs) -> anyhow::Result<()> {
    let client = args.remote.client()?;
    let scopes = if args.scopes.is_empty() { vec!["write:repository".to_owned()] } else { args.scopes };
    let wish = CreateAccessTokenOption {
        name: args.name,
        scopes,
        expires_at: args.days.map(|days| Time::from(SystemClock.now().plus_seconds(days * 86_400))),
        repositories: (!args.repo.is_empty()).then_some(args.repo),
        refs: args.refs,
        access: args.access.unwrap_or_default(),
    };
    let made: AccessToken = runtime()?.block_on(async {
        let answer = client.post_json(&own(&client).await?, &wish).await?;
        anyhow::Ok(accepted(answer, "the server makes no token")?.json()?)
    })?;
    match args.json {
        true => print_line(&serde_json::to_string(&made)?),
        false => print_line(&made.sha1),
    }
}

fn list(args: &ListArgs) -> anyhow::Result<()> {
    let client = args.remote.client()?;
    let all: Vec<AccessToken> = runtime()?.block_on(async { pages::all(&client, &own(&client).await?).await })?;
    if args.json {
        return print_line(&serde_json::to_string(&all)?);
    }
    let rows = all.into_iter().map(|one| {
        let time = |time: Time| if time == Time::never() { "never".to_owned() } else { time.0 };
        let narrowed: Vec<String> = [one.repositories.unwrap_or_default(), one.refs, vec![one.access]]
            .concat()
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        let ends = one.expires_at.map_or_else(|| "does not end".to_owned(), |end| end.0);
        vec![one.id.to_string(), one.name, one.scopes.join(","), narrowed.join(","), time(one.last_used_at), ends]
    });
    let heading = ["ID", "NAME", "SCOPES", "NARROWED TO", "LAST USED", "ENDS"].map(ToOwned::to_owned).to_vec();
    columns(std::iter::once(heading).chain(rows).collect())
}

fn delete(args: &DeleteArgs) -> anyhow::Result<()> {
    let client = args.remote.client()?;
    runtime()?.block_on(async {
        let own = own(&client).await?;
        // By its id: a name may hold what a path cannot.
        let all: Vec<AccessToken> = pages::all(&client, &own).await?;
        let by_id = all.iter().find(|one| args.wanted.parse() == Ok(one.id));
        let Some(found) = by_id.or_else(|| all.iter().find(|one| one.name == args.wanted)) else {
            bail!("you have no token {:?}: `hardie token list` shows them", args.wanted)
        };
        let answer = client.delete(&format!("{own}/{}", found.id)).await?;
        accepted(answer, "the server does not revoke it")?;
        print_line(&format!("revoked {}", found.name))
    })
}

/// The address of the asker's tokens.
async fn own(client: &ApiClient) -> anyhow::Result<String> {
    let user: User = accepted(client.get("/api/v1/user").await?, "the server does not say who you are")?.json()?;
    Ok(format!("/api/v1/users/{}/tokens", segment(&user.login)?))
}
