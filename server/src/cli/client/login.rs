//! `hardie login`: prove who you are to a server, once, and keep a token for what follows.

use std::io::Write as _;

use anyhow::{Context as _, bail, ensure};
use hardie_api_types::Time;
use hardie_api_types::account::User;
use hardie_api_types::identity::{AccessToken, CreateAccessTokenOption};
use hardie_app::ports::{Clock as _, Entropy as _};
use hardie_domain::scope::{Category, Level, ScopeSet};
use hardie_domain::secret::Secret;
use hardie_outbound::ApiClient;
use serde_json::json;

use super::address::Address;
use super::kept::{self, Entry};
use super::remote::{accepted, secret, segment};
use super::{git_setup, logout};
use crate::cli::hidden::{self, Dark};
use crate::cli::{print_line, runtime};
use crate::wiring::system::{SystemClock, SystemEntropy};

/// Arguments of `hardie login`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hardie login https://forge.example\n  hardie login https://forge.example --git --scopes write:repository,read:user\n  cat token | hardie login https://forge.example --token-stdin\n\nWith a password a token is made and the password forgotten. --git has git ask hardie, so that clones, fetches and pushes need no password either."
)]
pub struct Args {
    /// The server's address
    #[arg(value_name = "URL", env = "HARDIE_SERVER")]
    server: String,
    /// Your name there; asked for at the terminal
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Read the password from the first line of stdin
    #[arg(long, requires = "user", conflicts_with_all = ["token", "token_stdin"])]
    password_stdin: bool,
    /// A code of your authenticator app, if your account has a second factor; asked for at the terminal
    #[arg(long, value_name = "CODE", value_parser = secret)]
    code: Option<Secret>,
    /// Keep this token instead of making one; arguments can be seen by others
    #[arg(long, value_name = "TOKEN", value_parser = secret)]
    token: Option<Secret>,
    /// Keep the token on the first line of stdin instead of making one
    #[arg(long, conflicts_with = "token")]
    token_stdin: bool,
    /// What the token that is made shall be good for
    #[arg(long, value_name = "SCOPE", value_delimiter = ',', default_value = "write:repository,write:organization,write:user")]
    scopes: Vec<String>,
    /// What the token is called in lists [default: one with the date]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Use this server from now on when none is named
    #[arg(long)]
    default: bool,
    /// Have git ask hardie for this server's password
    #[arg(long)]
    git: bool,
    /// Send passwords and tokens without TLS to a server that is not this machine
    #[arg(long)]
    insecure_http: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Signs in.
pub fn run(args: Args) -> anyhow::Result<()> {
    let address = Address::parse(&args.server, args.insecure_http)?;
    // A token that cannot be kept is not made.
    kept::prepare()?;
    let given = given(&args)?;
    let (user, entry) = runtime()?.block_on(async {
        let (token, token_id) = match given {
            Some(token) => (token, None),
            None => {
                let made = make(&args, &address).await?;
                (Secret::new(made.sha1), Some(made.id))
            }
        };
        let entry = Entry { user: String::new(), token, token_id, insecure_http: address.is_insecure() };
        match whose(&address, &entry.token).await {
            Ok(user) => Ok((user.clone(), Entry { user, ..entry })),
            Err(error) => Err(error),
        }
    })?;
    let (old, default) = kept::change(|book| {
        let old = book.put(&address, entry.clone());
        if args.default {
            book.default = address.to_string();
        }
        (old, book.default == address.as_str())
    })
    .context("the token that was made is not kept; revoke it in the browser under Settings")?;
    if let Some(old) = old.filter(|old| old.token != entry.token) {
        // It may be gone already, or its server not at hand: the new one is kept all the same.
        if let Err(error) = runtime()?.block_on(logout::revoke(&address, &old)) {
            note(&format!("the token of before was not revoked: {error:#}"));
        }
    }
    if args.git {
        git_setup::begin(&address)?;
    }
    if args.json {
        return print_line(&json!({ "server": address.as_str(), "user": user, "default": default, "git": args.git }).to_string());
    }
    print_line(&format!("signed in to {address} as {user}{}", if default { "" } else { "; --default uses it when no server is named" }))?;
    if !args.git {
        note(&format!("to have git use the token too: hardie credential setup --server {address}"));
        return Ok(());
    }
    print_line("git asks hardie for its password")
}

/// The token that came with the call, if one did.
fn given(args: &Args) -> anyhow::Result<Option<Secret>> {
    let token = match &args.token {
        Some(token) => token.clone(),
        None if args.token_stdin => Secret::new(hidden::line("token")?.trim()),
        None => return Ok(None),
    };
    let plain = !token.expose().is_empty() && token.expose().bytes().all(|byte| byte.is_ascii_graphic());
    ensure!(plain, "the token is empty, or holds what no token does: copy it again");
    Ok(Some(token))
}

/// Makes a token by a password.
async fn make(args: &Args, address: &Address) -> anyhow::Result<AccessToken> {
    let scopes = ScopeSet::parse(args.scopes.iter().map(String::as_str))?;
    ensure!(scopes.allows(Category::User, Level::Read), "--scopes: add read:user, by which a token tells whose it is");
    let (user, password) = who(args, address)?;
    let mut digits = [0; 2];
    SystemEntropy.fill(&mut digits);
    let name =
        args.name.clone().unwrap_or_else(|| format!("hardie login {} {:04x}", Time::from(SystemClock.now()), u16::from_be_bytes(digits)));
    let wish = CreateAccessTokenOption { name, scopes: args.scopes.clone(), ..CreateAccessTokenOption::default() };
    let path = format!("/api/v1/users/{}/tokens", segment(&user)?);
    let mut code = args.code.clone();
    let answer = loop {
        let client = ApiClient::with_password(address.as_str(), &user, &password, code.as_ref())?;
        let answer = client.post_json(&path, &wish).await?;
        if !answer.wants_code() || code.is_some() {
            break answer;
        }
        ensure!(hidden::can_ask(), "{user} has a second factor: add --code with a code of the authenticator app");
        code = Some(Secret::new(Dark::begin()?.ask("Code: ", "code")?.as_str()));
    };
    let made: AccessToken = accepted(answer, "the server makes no token")?.json()?;
    ensure!(!made.sha1.is_empty() && made.sha1.bytes().all(|byte| byte.is_ascii_graphic()), "{address} made a token and did not say which");
    Ok(made)
}

/// A name and a password.
fn who(args: &Args, address: &Address) -> anyhow::Result<(String, Secret)> {
    let (user, password) = match (&args.user, args.password_stdin) {
        (Some(user), true) => (user.clone(), hidden::line("password")?),
        (user, _) => {
            if !hidden::can_ask() {
                bail!(
                    "nobody can be asked here: give --user with --password-stdin, or a token with --token-stdin (one is made in the browser \
                     under Settings)"
                );
            }
            let user = user.clone().map_or_else(|| hidden::ask_aloud(&format!("User name at {address}: "), "user name"), Ok)?;
            let password = Dark::begin()?.ask(&format!("Password of {user}: "), "password")?;
            (user, password)
        }
    };
    ensure!(!password.is_empty(), "the password is empty");
    Ok((segment(&user).context("that is no user name; an e-mail address does not do here")?.to_owned(), Secret::new(password.as_str())))
}

/// Whose token it is.
async fn whose(address: &Address, token: &Secret) -> anyhow::Result<String> {
    let answer = ApiClient::new(address.as_str(), Some(token))?.get("/api/v1/user").await?;
    ensure!(answer.status != 401, "{address} does not take this token: make another in the browser under Settings, or sign in with --user");
    let user: User = accepted(answer, "the server does not say whose this token is (it needs the scope read:user)")?.json()?;
    // It will be told to git, line by line.
    Ok(segment(&user.login).with_context(|| format!("{address} answers with a name that is none"))?.to_owned())
}

/// For people alone: stdout is for scripts.
pub fn note(text: &str) {
    // What was asked for is done: a closed stderr is no failure of that.
    let _ = writeln!(std::io::stderr(), "{}", crate::cli::shown::shown(text));
}
