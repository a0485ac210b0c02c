//! Debian packages. What counts is the program, not the package: one that came another way is as good.

use std::io::IsTerminal as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Stdio;

use anyhow::bail;

use super::Purpose;
use crate::house::House;
use crate::progress::Outcome;
use crate::{say, shell};

/// Packages to install.
#[derive(Debug, Default)]
pub struct Packages {
    needed: Vec<&'static str>,
    wished: Vec<&'static str>,
}

/// A package, from which purpose on it is needed, and the programs that show that it is there.
const PROGRAMS: [(&str, Purpose, &[&str]); 18] = [
    ("curl", Purpose::Test, &["curl"]),
    ("openssh-client", Purpose::Test, &["ssh", "ssh-keygen"]),
    ("gnupg", Purpose::Test, &["gpg", "gpg-agent", "gpgconf"]),
    ("git-lfs", Purpose::Test, &["git-lfs"]),
    ("make", Purpose::Test, &["make"]),
    ("mandoc", Purpose::Test, &["mandoc"]),
    ("xz-utils", Purpose::Test, &["xz"]),
    ("perl", Purpose::Test, &["perl"]),
    ("nodejs", Purpose::Test, &["node"]),
    ("npm", Purpose::Test, &["npm"]),
    ("default-jre-headless", Purpose::Test, &["java"]),
    ("jgit-cli", Purpose::Test, &["jgit"]),
    ("docker-registry", Purpose::Test, &["docker-registry"]),
    ("python3-aiosmtpd", Purpose::Test, &["aiosmtpd"]),
    ("chromium", Purpose::Test, &["chromium"]),
    ("chromium-driver", Purpose::Test, &["chromedriver"]),
    ("nginx", Purpose::Bench, &["nginx"]),
    ("fcgiwrap", Purpose::Bench, &["fcgiwrap"]),
];

/// Looks for what `purpose` needs.
pub fn missing(house: &House, purpose: Purpose) -> Packages {
    let mut packages = Packages::default();
    for (package, from, programs) in PROGRAMS {
        if purpose >= from && programs.iter().any(|program| house.find_program(program).is_none()) {
            packages.add(&[package]);
        }
    }
    if purpose >= Purpose::Test {
        if !hardie_scratch_postgres::installed() {
            packages.add(&["postgresql"]);
        }
        if !Path::new("/usr/include/zlib.h").is_file() && !house.git_suite().is_dir() {
            packages.add(&["zlib1g-dev"]);
        }
        let environments =
            house.python().is_file() && [house.componentizers(), house.api_clients()].iter().all(|folder| folder.join(".venv").is_dir());
        if !environments && !python_makes_environments(house) {
            packages.add(&["python3-venv"]);
        }
    }
    packages
}

fn python_makes_environments(house: &House) -> bool {
    shell::command(house, "python3").is_ok_and(|mut python| shell::succeeds(python.args(["-c", "import ensurepip, venv"])))
}

impl Packages {
    /// The package of this program, unless it is there.
    pub fn of(house: &House, package: &'static str, program: &str) -> Self {
        let needed = if house.find_program(program).is_some() { Vec::new() } else { vec![package] };
        Self { needed, wished: Vec::new() }
    }

    /// Adds packages without which the task cannot go on.
    pub fn add(&mut self, packages: &[&'static str]) {
        self.needed.extend(packages);
    }

    /// Adds packages that are installed if that needs nobody's help.
    pub fn wish(&mut self, packages: &[&'static str]) {
        self.wished.extend(packages);
    }

    /// For the progress line.
    pub fn title(&self) -> String {
        let all: Vec<&str> = self.needed.iter().chain(&self.wished).copied().collect();
        if all.is_empty() { "system packages".to_owned() } else { format!("system packages: {}", all.join(" ")) }
    }

    /// Installs them as root or by sudo.
    ///
    /// # Errors
    /// Where neither is possible, with the one line that a person has to run.
    pub fn install(&self, house: &House) -> anyhow::Result<Outcome> {
        if self.needed.is_empty() && self.wished.is_empty() {
            return Ok(Outcome::Present);
        }
        if house.find_program("apt-get").is_none() {
            if self.needed.is_empty() {
                return Ok(Outcome::Present);
            }
            bail!("this machine has no apt-get; install the programs of these Debian packages, then try again: {}", self.needed.join(" "));
        }
        let Some(prefix) = as_root(house, !self.needed.is_empty()) else {
            if self.needed.is_empty() {
                return Ok(Outcome::Present);
            }
            bail!("some packages are missing; run this line, then try again:\n\n  {}\n", self.line());
        };
        if !self.needed.is_empty() {
            self.run(house, prefix, &self.needed)?;
        }
        if !self.wished.is_empty()
            && let Err(error) = self.run(house, prefix, &self.wished)
        {
            say(&format!("not installed, and not needed: {}\n{error:#}", self.wished.join(" ")));
        }
        Ok(Outcome::Done)
    }

    fn line(&self) -> String {
        format!("sudo apt-get update && sudo apt-get install -y --no-install-recommends {}", self.needed.join(" "))
    }

    fn run(&self, house: &House, prefix: &[&str], packages: &[&str]) -> anyhow::Result<()> {
        let call = |arguments: &[&str]| -> anyhow::Result<()> {
            let words: Vec<&str> =
                prefix.iter().chain(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"].iter()).chain(arguments).copied().collect();
            let (program, arguments) = words.split_first().unwrap_or((&"apt-get", &[]));
            let mut command = shell::command(house, program)?;
            command.args(arguments);
            if std::io::stdin().is_terminal() {
                // For sudo's question.
                command.stdin(Stdio::inherit());
            }
            shell::quietly(house, "apt-get", &mut command)
        };
        // An old list names versions that are gone; a failed update need not matter.
        let updated = call(&["update", "-q"]);
        let mut install = vec!["install", "-y", "-q", "--no-install-recommends"];
        install.extend(packages);
        call(&install).map_err(|error| match updated {
            Ok(()) => error,
            Err(first) => error.context(format!("apt-get update failed too: {first:#}")),
        })
    }
}

/// What to put before a command so that it runs as root. Asks for a password only where `may_ask` and somebody can answer.
fn as_root(house: &House, may_ask: bool) -> Option<&'static [&'static str]> {
    if Path::new("/proc/self").metadata().is_ok_and(|own| own.uid() == 0) {
        return Some(&[]);
    }
    house.find_program("sudo")?;
    let silent = shell::command(house, "sudo").is_ok_and(|mut sudo| shell::succeeds(sudo.args(["-n", "true"])));
    if silent {
        Some(&["sudo", "-n"])
    } else if may_ask && std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        Some(&["sudo"])
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_without_rights_gets_one_line_with_all_that_is_needed() {
        let mut packages = Packages::default();
        packages.add(&["chromium", "postgresql"]);
        packages.wish(&["rustc-web"]);
        let line = packages.line();
        assert!(line.ends_with("--no-install-recommends chromium postgresql"), "{line}");
    }

    #[test]
    fn nothing_missing_installs_nothing() {
        let house = House { root: "/".into(), target: "/".into(), tools: "/".into() };
        assert_eq!(Packages::default().install(&house).unwrap(), Outcome::Present);
    }
}
