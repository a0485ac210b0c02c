//! `cargo xtask tidy`: the house rules that no compiler checks. Everything wrong is shown at once.

mod arrows;
mod decisions;
mod files;
mod migrations;
mod packages;
mod sizes;
mod tests_listed;
mod words;

use anyhow::bail;

use crate::house::House;
use crate::say;

/// Checks them all.
///
/// # Errors
/// When one is broken; the list is printed before.
pub fn run(house: &House) -> anyhow::Result<()> {
    let packages = packages::read(house)?;
    let files = files::list(house)?;
    let mut problems = Vec::new();
    problems.extend(arrows::check(&packages));
    problems.extend(packages::check(&packages));
    problems.extend(files::check(&files));
    problems.extend(words::check(house, &files)?);
    problems.extend(tests_listed::check(house, &files)?);
    problems.extend(migrations::check(&files));
    problems.extend(decisions::check(&files));
    let sizes = sizes::measure(house, &files)?;
    say(&sizes.summary());
    problems.extend(sizes.problems());
    for problem in &problems {
        say(&format!("  {problem}"));
    }
    if problems.is_empty() { Ok(()) } else { bail!("{} house rules are broken", problems.len()) }
}
