//! A policy over content: passwords, tokens and private keys in any new version of any file, wherever in the new history. What a
//! push brings stays readable, so a later commit that takes a secret away again mends nothing.

mod assigned;
mod config;
mod doubt;
mod formats;
mod found;
mod keys;
mod older;
mod reader;
mod scan;
mod search;
mod shown;
mod told;
mod urls;

use std::collections::BTreeSet;

use hardie_plugin::{Error, FieldError, Oid, Places, Policy, Push, RefUpdate, Repository, Verdicts};

pub use config::Config;

use search::Search;
use told::Finding;

/// The policy.
pub struct SecretScan;

/// Findings that are looked at; the pusher sees fewer.
const MOST: usize = 100;
/// Of a push, so that no text can use up the instructions of a run.
const EFFORT: u32 = 200_000;
/// Objects that are listed.
const OBJECTS: usize = 100_000;
/// Objects under paths that are not read, which may be elsewhere too.
const ASIDE: usize = 20_000;
/// Versions of one file with one secret; of more it is not asked which update brings them.
const VERSIONS: usize = 300;

impl Policy for SecretScan {
    type Config = Config;

    fn validate(config: &Config) -> Result<(), Vec<FieldError>> {
        config.validate()
    }

    fn check(config: &Config, push: &Push<'_>, repository: &Repository<'_>) -> Result<Verdicts, Error> {
        let mut verdicts = Verdicts::accept(push);
        let updates: Vec<RefUpdate> = push.updates().into_iter().filter(|update| update.new.is_some()).collect();
        if updates.is_empty() {
            return Ok(verdicts);
        }
        let mut search = Search::new(config, push, repository);
        let aside = search.all()?;
        let found = search.findings.iter().flat_map(|finding| &finding.objects).filter(|_| updates.len() > 1);
        let wanted: BTreeSet<Oid> = found.chain(&aside).map(|object| object.id.clone()).collect();
        let places = if wanted.is_empty() { None } else { Some(Places::search(repository, &updates, &wanted)?) };
        if let Some(places) = &places {
            search.elsewhere(aside, places)?;
        }
        for update in &updates {
            let brings = |finding: &&Finding| {
                let places = places.as_ref().filter(|_| updates.len() > 1 && finding.objects.len() < VERSIONS);
                places.is_none_or(|places| finding.objects.iter().any(|object| places.brings(update, object)))
            };
            let mine: Vec<&Finding> = search.findings.iter().filter(brings).collect();
            told::findings(&mut verdicts, update, &mine);
            if search.findings.len() >= MOST && mine.is_empty() {
                told::stopped(&mut verdicts, update, MOST);
            }
            search.unread.say(config, &mut verdicts, update);
        }
        Ok(verdicts)
    }
}

#[cfg(target_arch = "wasm32")]
hardie_plugin::export!(SecretScan);

#[cfg(test)]
mod tests;
