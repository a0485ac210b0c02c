//! Two other git implementations, dulwich and pygit2, and a client of OAuth 2, Authlib, in an environment of their own: tests use them as clients.

use anyhow::Context as _;

use crate::house::House;
use crate::progress::Outcome;
use crate::shell;

const PACKAGES: [&str; 5] = ["dulwich==1.2.11", "pygit2==1.18.2", "authlib==1.6.12", "requests==2.32.5", "cryptography==50.0.2"];

/// Makes the environment unless one with these very packages is there.
pub fn install(house: &House) -> anyhow::Result<Outcome> {
    let folder = house.tools.join("python");
    let stamp = folder.join("packages");
    let wanted = PACKAGES.join("\n");
    if house.python().is_file() && std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(Outcome::Present);
    }
    let mut venv = shell::command(house, "python3")?;
    shell::quietly(house, "python venv", venv.args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut pip = shell::command(house, house.python())?;
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]).args(PACKAGES);
    shell::quietly(house, "pip install", &mut pip)?;
    let check = ["-c", "import dulwich.client, pygit2, authlib.integrations.requests_client"];
    shell::answer("the import of dulwich, pygit2 and Authlib", shell::command(house, house.python())?.args(check))?;
    std::fs::write(&stamp, wanted).with_context(|| format!("{} cannot be written", stamp.display()))?;
    Ok(Outcome::Done)
}
