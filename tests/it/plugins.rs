//! A plugin's life as a person lives it: the real program on the command line, the real server, real pushes.

mod run;

use std::path::Path;

use hardie_testkit::process;

/// How a call of the program ended.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }
}

/// Runs `hardie plugin` in a folder.
fn plugin(folder: &Path, arguments: &[&str]) -> Said {
    let mut command = process::hardie(&["plugin"]).unwrap();
    let output = command.args(arguments).current_dir(folder).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}
