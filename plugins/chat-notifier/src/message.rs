//! What is said of an event, before it has a form.

use hardie_plugin::glob::Glob;
use hardie_plugin::{Error, Event, RefUpdate, Repository, UpdateKind, payload, warn};

use crate::config::Config;
use crate::escape;

/// Refs that are told in one message.
const REFS: usize = 10;
/// Commits that are counted; each is a call to the server.
const COUNTED: usize = 200;
/// Characters of one text that somebody wrote.
const TEXT: usize = 120;

/// Lines.
pub type Message = Vec<Line>;

/// A line of pieces.
pub type Line = Vec<Piece>;

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// As it is.
    Text(String),
    /// To be noticed.
    Strong(String),
    /// A text that leads somewhere.
    Link {
        /// What is shown.
        text: String,
        /// Made of the configuration, ids and escaped names alone.
        url: String,
    },
}

/// What is said of this event; `None` if it is not to be told.
pub fn about(config: &Config, event: &Event<'_>, repository: Option<&Repository<'_>>) -> Result<Option<Message>, Error> {
    let kind = event.kind();
    match kind.as_str() {
        "push" if config.pushes => match event.push()? {
            Some(push) => Ok(pushed(config, &event.repository_path(), &push, repository)),
            None => Ok(None),
        },
        "status" => Ok(event.status()?.filter(|status| config.statuses.contains(&status.state)).map(|status| found(config, &status))),
        "repository.created" => changed(config, event, "was made"),
        "repository.renamed" => changed(config, event, "has this new name"),
        "repository.transferred" => changed(config, event, "has a new owner"),
        "repository.deleted" => changed(config, event, "was deleted"),
        "repository.restored" => changed(config, event, "was restored"),
        _ => Ok(None),
    }
}

fn pushed(config: &Config, path: &str, push: &payload::Push, repository: Option<&Repository<'_>>) -> Option<Message> {
    // Gone meanwhile: nobody could look at it any more.
    let repository = repository?;
    let chosen: Vec<Glob> = config.branches.iter().map(|pattern| Glob::whole(pattern)).collect();
    let told = |update: &RefUpdate| match update.name.strip_prefix(b"refs/heads/") {
        Some(name) => chosen.is_empty() || chosen.iter().any(|glob| glob.matches(name)),
        None => update.is_tag() && config.tags,
    };
    let updates: Vec<RefUpdate> = push.updates().into_iter().filter(told).collect();
    let who = push.actor.as_ref().and_then(payload::Actor::name);
    let mut message = Message::new();
    for update in updates.iter().take(REFS) {
        moved(config, path, who, update, repository, &mut message);
    }
    if updates.len() > REFS {
        message.push(vec![Piece::Text(format!("… and {} more refs", updates.len() - REFS))]);
    }
    Some(message).filter(|message| !message.is_empty())
}

fn moved(config: &Config, path: &str, who: Option<&str>, update: &RefUpdate, repository: &Repository<'_>, message: &mut Message) {
    let mut commits = Vec::new();
    for commit in repository.new_commits(update).take(COUNTED) {
        match commit {
            Ok(commit) => commits.push(commit),
            // The event is told with what is there.
            Err(error) => warn!("{}: {error}", update.short_name()),
        }
    }
    let what = if update.is_tag() { "tag" } else { "branch" };
    let name = cut(&update.short_name());
    let mut line = vec![at(config, path)];
    let who = who.map(|who| format!("{} ", cut(who))).unwrap_or_default();
    let is_gone = update.new.is_none() || update.kind == UpdateKind::Delete;
    let (verb, shown) = match (is_gone, update.kind) {
        (true, _) => ("deleted", None),
        (_, UpdateKind::Create) => ("made", Some(())),
        _ => ("moved", Some(())),
    };
    line.push(Piece::Text(format!(" {who}{verb} {what} ")));
    line.push(match shown.and_then(|()| address(config, path, &format!("src/{what}/{}", escape::segment(&update.short_name())))) {
        Some(url) => Piece::Link { text: name, url },
        None => Piece::Strong(name),
    });
    if !commits.is_empty() {
        let more = if commits.len() >= COUNTED { " or more" } else { "" };
        line.push(Piece::Text(format!(": {}{more} new commit{}", commits.len(), if commits.len() == 1 { "" } else { "s" })));
    }
    message.push(line);
    for commit in commits.iter().take(config.commits) {
        let (id, author) = (commit.id(), String::from_utf8_lossy(&commit.author().name).into_owned());
        let short = match address(config, path, &format!("commit/{id}")) {
            Some(url) => Piece::Link { text: id.short(), url },
            None => Piece::Text(id.short()),
        };
        message.push(vec![short, Piece::Text(format!(" {} ({})", cut(&commit.subject()), cut(&author)))]);
    }
    if config.commits > 0 && commits.len() > config.commits {
        message.push(vec![Piece::Text(format!("… and {} more", commits.len() - config.commits))]);
    }
}

fn found(config: &Config, status: &payload::Status) -> Message {
    let path = &status.repository.full_name;
    let short: String = status.sha.chars().take(7).collect();
    let commit = match address(config, path, &format!("commit/{}", escape::segment(&status.sha))) {
        Some(url) => Piece::Link { text: short, url },
        None => Piece::Text(short),
    };
    let mut line = vec![at(config, path), Piece::Text(" ".into()), Piece::Strong(status.state.clone())];
    line.extend([Piece::Text(format!(" of {} at ", cut(&status.context))), commit]);
    if !status.description.is_empty() {
        line.push(Piece::Text(format!(": {}", cut(&status.description))));
    }
    vec![line]
}

fn changed(config: &Config, event: &Event<'_>, what: &str) -> Result<Option<Message>, Error> {
    if !config.repositories {
        return Ok(None);
    }
    let change: payload::RepositoryChange = event.parse()?;
    let by = change.actor.map(|actor| format!(" by {}", cut(&actor.login))).unwrap_or_default();
    let by = if what.starts_with("was") { by } else { String::new() };
    Ok(Some(vec![vec![at(config, &change.repository.full_name), Piece::Text(format!(" {what}{by}"))]]))
}

/// The repository, at the front of a line.
fn at(config: &Config, path: &str) -> Piece {
    match address(config, path, "") {
        Some(url) => Piece::Link { text: path.to_owned(), url },
        None => Piece::Strong(path.to_owned()),
    }
}

/// A page of a repository. `rest` must be escaped.
fn address(config: &Config, path: &str, rest: &str) -> Option<String> {
    let server = Some(config.server.trim_end_matches('/')).filter(|server| !server.is_empty())?;
    let between = if rest.is_empty() { "" } else { "/" };
    Some(format!("{server}/{}{between}{rest}", escape::path(path)))
}

/// One line of a bounded length, of characters that show.
fn cut(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control() || matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let mut shown = text.trim().chars().map(|c| if hidden(c) { '\u{fffd}' } else { c });
    let mut out: String = shown.by_ref().take(TEXT).collect();
    if shown.next().is_some() {
        out.pop();
        out.push('…');
    }
    out
}
