//! `Signed-off-by:` lines, as `git commit --signoff` writes them.

use hardie_plugin::Signature;

use crate::config::Config;
use crate::rules::Broken;

const HOW: &str = "sign it off with git commit --amend --signoff, or git rebase --signoff";

/// Whether a message is signed off; by its author, if that is asked for (Developer Certificate of Origin 1.1).
pub fn check(config: &Config, message: &str, author: Option<&Signature>) -> Option<Broken> {
    if !config.sign_off && !config.sign_off_by_author {
        return None;
    }
    let people: Vec<(&str, &str)> = message.lines().filter_map(person).collect();
    if people.is_empty() {
        return Some(Broken::new("sign-off-missing", "has no Signed-off-by line", HOW));
    }
    let author = author.filter(|_| config.sign_off_by_author)?;
    let (name, email) = (String::from_utf8_lossy(&author.name), String::from_utf8_lossy(&author.email));
    let same = |one: &str, other: &str| one.trim().to_lowercase() == other.trim().to_lowercase();
    let own = people.iter().any(|(signed, address)| same(signed, &name) && same(address, &email));
    (!own).then(|| Broken::new("sign-off-not-the-author", format!("is not signed off by its author, {name} <{email}>"), HOW))
}

fn person(line: &str) -> Option<(&str, &str)> {
    let person = line.strip_prefix("Signed-off-by: ")?;
    person.trim_end().strip_suffix('>')?.split_once(" <")
}
