//! JGit (Java) as Debian has it: 4.11, which speaks version 0 alone, over HTTP and SSH.

use std::path::Path;

use hardie_testkit::TestUser;

use super::story::{self, Client, Push, Ran, ended};

/// What Debian's package needs and does not name itself.
const LIBRARIES: [&str; 6] = ["org.eclipse.jgit.lfs", "org.eclipse.jgit.http.apache", "gson", "httpclient", "httpcore", "commons-logging"];

struct Jgit(TestUser);

/// This person with JGit.
pub fn of(user: &TestUser) -> impl Client {
    Jgit::of(user)
}

impl Jgit {
    fn run(&self, dir: &Path, arguments: &[&str]) -> Ran {
        let Self(user) = self;
        let mut jgit = user.git.command("jgit");
        let libraries = LIBRARIES.map(|name| format!("/usr/share/java/{name}.jar")).join(":");
        // Java asks the system for the home folder, not the environment; and what runs this briefly need not be compiled well.
        let options = format!("-Duser.home={} -XX:TieredStopAtLevel=1", user.git.home().display());
        jgit.env("JGIT_CLASSPATH", libraries).env("JAVA_TOOL_OPTIONS", options).env("GIT_SSH", user.git.path("ssh"));
        ended(jgit.current_dir(dir).args(arguments))
    }

    /// The program for SSH takes no arguments of its own: a script has them. For HTTP, credentials are looked up in `.netrc`.
    fn of(user: &TestUser) -> Self {
        let credentials = format!("machine 127.0.0.1 login {} password {}\n", user.name, user.token);
        std::fs::write(user.git.path(".netrc"), credentials).unwrap();
        let command = user.git.variable("GIT_SSH_COMMAND").unwrap();
        user.git.script("ssh", &format!("exec {command} \"$@\"")).unwrap();
        Self(user.clone())
    }
}

impl Client for Jgit {
    fn clone_to(&self, url: &str, dir: &Path) -> Ran {
        self.run(self.0.git.home(), &["clone", url, &dir.display().to_string()])
    }

    fn fetch(&self, _: &str, dir: &Path) -> Ran {
        self.run(dir, &["fetch", "--prune", "--tags"])
    }

    fn branch(&self, dir: &Path, name: &str) -> Ran {
        self.run(dir, &["checkout", "-b", name])
    }

    fn commit(&self, dir: &Path, text: &str, amend: bool) -> Ran {
        std::fs::write(dir.join("made-by.txt"), text).unwrap();
        self.run(dir, &["add", "made-by.txt"])?;
        let arguments = ["commit", "-m", text, "--amend"];
        self.run(dir, arguments.get(..if amend { 4 } else { 3 }).unwrap())
    }

    fn tag(&self, dir: &Path, name: &str) -> Ran {
        self.run(dir, &["tag", "-m", name, name])
    }

    fn push(&self, url: &str, dir: &Path, push: Push<'_>) -> Ran {
        let refspec = match push {
            Push::Ref { from, to, force } => format!("{}{from}:{to}", if force { "+" } else { "" }),
            Push::Delete(name) => format!(":{name}"),
        };
        let said = self.run(dir, &["push", url, &refspec])?;
        // It ends well whatever became of the refs.
        if said.contains("rejected") { Err(said) } else { Ok(said) }
    }
}

// It has words of its own for who may not push, and drops the server's: a body over HTTP, standard error over SSH. Why a ref is refused
// it does show.

#[tokio::test(flavor = "multi_thread")]
async fn jgit_does_a_day_s_work_over_http() {
    let told = story::of("jgit", false, Jgit::of).await;
    assert!(told.contains("git-receive-pack not permitted"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn jgit_does_a_day_s_work_over_ssh() {
    let told = story::of("jgit", true, Jgit::of).await;
    assert!(told.contains("push not permitted"), "{told}");
}
