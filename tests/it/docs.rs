//! What is written for readers to follow, run as it is written.

mod book;
mod languages;
mod reader;
mod readme;

use std::path::Path;

use hardie_testkit::Git;

/// The commands of every `console` block, in their order; a block with `file=PATH` writes that file where the commands are.
fn script(text: &str) -> String {
    let (mut script, mut inside) = (String::new(), None);
    for line in text.lines() {
        match (&inside, line.strip_prefix("```")) {
            (None, Some("console")) => inside = Some(false),
            (None, Some(block)) if block.contains(" file=") => {
                let file = block.rsplit("file=").next().unwrap();
                script.extend(["cat > ", file, " <<'END OF FILE'\n"]);
                inside = Some(true);
            }
            // A block to look at.
            (None, _) => {}
            (Some(is_file), Some("")) => {
                script.push_str(if *is_file { "END OF FILE\n" } else { "" });
                inside = None;
            }
            (Some(is_file), _) => script.extend([if *is_file { line.to_owned() } else { guarded(line) }.as_str(), "\n"]),
        }
    }
    script
}

/// `bash -e` does not mind a `!` command that succeeds; a reader does.
fn guarded(line: &str) -> String {
    match line.strip_prefix("! ") {
        Some(command) => format!("if {command}; then echo 'this should have failed: {command}' >&2; exit 9; fi"),
        None => line.to_owned(),
    }
}

/// Runs a script in a folder; whether every command of it did as it should, and what was said.
fn follow(git: &Git, place: &Path, script: &str) -> (bool, String) {
    let output = git.command("bash").current_dir(place).args(["-euo", "pipefail", "-c", script]).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), said)
}

fn link(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(from, to).unwrap();
}
