//! On what, and when: a number without these is worth nothing.

use std::path::Path;

use crate::children;

/// `2-cores-amd-epyc-7b13`, for a file's name.
pub fn class() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':')).map_or("unknown", |(_, model)| model.trim());
    slug(&format!("{cores} cores {model}"))
}

fn slug(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.take(6).map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

/// `2031-02-03`, UTC.
pub fn date() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}

/// The versions of the other side.
pub fn peers() -> String {
    let home = Path::new("/");
    let git = children::text(children::command("git", home).arg("--version")).unwrap_or_default();
    let says = |program: &str, option: &str| {
        let output = children::find(program).ok().and_then(|path| children::command(path, home).arg(option).output().ok());
        output.map(|output| String::from_utf8_lossy(&output.stderr).trim().to_owned()).unwrap_or_default()
    };
    format!("{git}, {}, {}", says("ssh", "-V"), says("nginx", "-v"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_a_plain_file_name() {
        assert_eq!(slug("2 cores Intel(R) Xeon(R) CPU @ 2.20GHz"), "2-cores-intel-r-xeon-r");
        assert_eq!(date().len(), 10);
    }
}
