//! The programs that make components of JavaScript and Python: those that the projects of `hardie plugin new` name, by version and hash, so
//! that tests build with what authors get.

use std::path::Path;

use anyhow::Context as _;

use crate::house::House;
use crate::progress::Outcome;
use crate::shell;

/// For the progress line.
pub const TITLE: &str = "componentize-qjs and componentize-py";
/// Where the projects' files are.
const TEMPLATES: &str = "server/src/cli/plugin/template";
/// What names the programs, and what the files are called where they are installed.
const FILES: [(&str, &str); 3] = [
    ("js/package.json.in", "package.json"),
    ("js/package-lock.json.in", "package-lock.json"),
    ("python/requirements.txt", "requirements.txt"),
];

/// Installs what the files name unless just that is there.
pub fn install(house: &House) -> anyhow::Result<Outcome> {
    let folder = house.componentizers();
    let stamp = folder.join("installed");
    let mut wanted = String::new();
    for (template, _) in FILES {
        wanted += &read(house, template)?;
    }
    if is_there(&folder) && std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(Outcome::Present);
    }
    std::fs::create_dir_all(&folder)?;
    for (template, file) in FILES {
        let text = read(house, template)?
            .replace("@NAME@", "tools")
            .replace("@DESCRIPTION@", "")
            .replace("@WORLD@", "policy")
            .replace("@USES@", "[]");
        std::fs::write(folder.join(file), text).with_context(|| format!("{file} cannot be written"))?;
    }
    let mut npm = shell::command(house, "npm")?;
    npm.current_dir(&folder).args(["install", "--ignore-scripts", "--no-audit", "--no-fund"]);
    shell::quietly(house, "npm install for componentize-qjs", &mut npm)?;
    let mut venv = shell::command(house, "python3")?;
    shell::quietly(house, "python venv for componentize-py", venv.args(["-m", "venv", "--clear"]).arg(folder.join(".venv")))?;
    let mut pip = shell::command(house, folder.join(".venv/bin/python3"))?;
    pip.current_dir(&folder).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]);
    shell::quietly(house, "pip install componentize-py", pip.args(["--require-hashes", "-r", "requirements.txt"]))?;
    for program in [folder.join("node_modules/.bin/componentize-qjs"), folder.join(".venv/bin/componentize-py")] {
        shell::answer("a componentizer", shell::command(house, program)?.arg("--help"))?;
    }
    std::fs::write(&stamp, wanted).with_context(|| format!("{} cannot be written", stamp.display()))?;
    Ok(Outcome::Done)
}

fn read(house: &House, template: &str) -> anyhow::Result<String> {
    let path = house.root.join(TEMPLATES).join(template);
    std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))
}

fn is_there(folder: &Path) -> bool {
    folder.join("node_modules/.bin/componentize-qjs").is_file() && folder.join(".venv/bin/componentize-py").is_file()
}
