//! `hardie serve` and `hardie web` as an operator starts them, with one person, and a browser to look at them.

use anyhow::Context as _;
use hardie_testkit::{Git, ServerProcess, process, tools};
use tempfile::TempDir;

use super::chromium::Chromium;

/// The person's password.
pub const PASSWORD: &str = "strike while the iron is hot";

/// Both processes.
pub struct Forge {
    pub serve: ServerProcess,
    pub web: ServerProcess,
    pub data: TempDir,
    /// Ann's machine; git signs in with her password.
    pub git: Git,
}

impl Forge {
    /// With an administrator named ann.
    pub fn start() -> anyhow::Result<Forge> {
        Forge::configured("")
    }

    /// The same with a configuration.
    pub fn configured(config: &str) -> anyhow::Result<Forge> {
        let data = TempDir::new()?;
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), config)?;
        // It is read once, at the start.
        let serve = ServerProcess::serve(data.path(), &["--trusted-proxies", "127.0.0.1/32", "--config", &file.path().to_string_lossy()])?;
        let web = ServerProcess::web(serve.url(), &tools::web_dist()?)?;
        let arguments = ["user", "create", "ann", "--email", "ann@example.org", "--admin", "--password-stdin"];
        process::admin(data.path(), &arguments, PASSWORD)?;
        let git = Git::new("ann")?.with_password("ann", PASSWORD)?;
        Ok(Forge { serve, web, data, git })
    }

    /// `127.0.0.1:PORT` of the UI.
    pub fn front(&self) -> anyhow::Result<String> {
        Ok(self.web.url().strip_prefix("http://").context("the ready line has no address")?.to_owned())
    }

    /// A page of the UI.
    pub fn page(&self, path: &str) -> String {
        format!("{}{path}", self.web.url())
    }

    /// Where git pushes to, through the UI's proxy.
    pub fn remote(&self, repo: &str) -> String {
        self.page(&format!("/{repo}.git"))
    }
}

/// Signs ann in through the page, as a person does.
pub fn sign_in(browser: &Chromium, forge: &Forge) -> anyhow::Result<()> {
    browser.goto(&forge.page("/user/login"))?;
    browser.fill("#username", "ann")?;
    browser.fill("#password", PASSWORD)?;
    browser.click("form.form button[type=submit]")?;
    browser.wait_for_text("Your repositories")
}

/// Creates a repository through the page; ends on its empty page.
pub fn create_repository(browser: &Chromium, forge: &Forge, name: &str) -> anyhow::Result<()> {
    browser.goto(&forge.page("/repo/create"))?;
    browser.fill("#name", name)?;
    browser.fill("#description", "Made in a test")?;
    browser.click("form.form button[type=submit]")?;
    browser.wait_for_text("Push the first commit")
}

/// Ann at her desk: signed in, with an empty repository `ann/anvil`.
pub fn with_anvil() -> anyhow::Result<(Forge, Chromium)> {
    at_desk(Forge::start()?)
}

/// The same at a forge that was started already.
pub fn at_desk(forge: Forge) -> anyhow::Result<(Forge, Chromium)> {
    let browser = Chromium::start()?;
    browser.screen(1280, 900, false)?;
    sign_in(&browser, &forge)?;
    create_repository(&browser, &forge, "anvil")?;
    Ok((forge, browser))
}
