//! A handler of events: asks a build server for a build of what was pushed, by a signed request, and says so in a status of the commit,
//! which the build server ends by the REST API or at once with its answer.

mod answer;
mod builds;
mod config;
mod request;

use hardie_plugin::{Event, Failure, FieldError, Handler, Repository, info, status, warn};

pub use config::Config;

use builds::Build;

/// The handler.
pub struct CiTrigger;

impl Handler for CiTrigger {
    type Config = Config;

    fn validate(config: &Config) -> Result<(), Vec<FieldError>> {
        FieldError::all(config.errors())
    }

    fn handle(config: &Config, event: &Event<'_>, repository: Option<&Repository<'_>>) -> Result<(), Failure> {
        Self::validate(config)?;
        let (Some(push), Some(repository)) = (event.push()?, repository) else { return Ok(()) };
        let builds = builds::wanted(config, &push, repository)?;
        for build in &builds.all {
            trigger(config, event, &push, build)?;
        }
        if builds.more > 0 {
            warn!("{} refs more are not built: one push asks for {} builds at most", builds.more, builds::MOST);
        }
        Ok(())
    }
}

fn trigger(config: &Config, event: &Event<'_>, push: &hardie_plugin::payload::Push, build: &Build) -> Result<(), Failure> {
    let response = request::of(config, event, push, build)?.send()?;
    if !response.is_success() && response.may_be_tried_again() {
        let what = format!("the build server answered {}", response.status);
        return Err(request::pause(&response).map_or_else(|| Failure::retry(&what), |after| Failure::retry_after(after, &what)));
    }
    let said = answer::read(config, &response);
    info!("{} {}: {} ({})", build.name, build.id, said.state.as_str(), response.status);
    // A tag object has no status: only commits have.
    match &build.commit {
        Some(commit) if config.status => Ok(status::set(commit, said.state, &config.context, &said.description, &said.target_url)?),
        _ => Ok(()),
    }
}

#[cfg(target_arch = "wasm32")]
hardie_plugin::export!(events: CiTrigger);

#[cfg(test)]
mod tests;
