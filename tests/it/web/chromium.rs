//! A real Chromium, driven over W3C WebDriver by Debian's chromedriver.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::wire;

/// What installs the browser, for whoever has none.
const INSTALL: &str = "apt-get install -y chromium chromium-driver";
/// The key of an element in WebDriver's answers (W3C WebDriver, section 11).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// Drivers that are tried one after the other.
const DRIVERS: usize = 5;
/// How long a page may take for what a test waits for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A browser with one page, a fresh profile, and no way to anything but loopback. It ends when this is dropped.
pub struct Chromium {
    driver: Child,
    address: String,
    session: String,
    _profile: TempDir,
}

/// Starts the driver; `None` if it ends before it says where it listens.
fn drive(home: &Path) -> anyhow::Result<Option<(Child, String)>> {
    #[expect(clippy::disallowed_methods, reason = "tests start the real program; it ends with the browser's value")]
    let mut driver = Command::new("chromedriver");
    driver.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", home).arg("--port=0");
    let driver = driver.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut driver = driver.with_context(|| format!("cannot run chromedriver: {INSTALL}"))?;
    let stdout = driver.stdout.take().context("chromedriver has no output")?;
    for line in BufReader::new(stdout).lines() {
        if let Some((_, port)) = line?.split_once("started successfully on port ") {
            return Ok(Some((driver, format!("127.0.0.1:{}", port.trim_end_matches('.')))));
        }
    }
    driver.wait()?;
    Ok(None)
}

impl Chromium {
    pub fn start() -> anyhow::Result<Chromium> {
        Chromium::start_with("")
    }

    /// One that finds a host of this name, as `HOST:PORT`, on loopback.
    pub fn start_for(host: &str, at: SocketAddr) -> anyhow::Result<Chromium> {
        Chromium::start_with(&format!("MAP {host} {at} , "))
    }

    fn start_with(rules: &str) -> anyhow::Result<Chromium> {
        let browser =
            ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].into_iter().find(|path| Path::new(path).exists());
        let browser = browser.with_context(|| format!("no Chromium here: {INSTALL}"))?;
        let profile = TempDir::new()?;
        // It takes a free port of IPv4 and the same of IPv6, and ends if somebody has that one.
        let started = (0..DRIVERS).find_map(|_| drive(profile.path()).transpose()).transpose()?;
        let (driver, address) = started.with_context(|| format!("chromedriver does not start; is it whole? {INSTALL}"))?;
        let mut chromium = Chromium { driver, address, session: String::new(), _profile: profile };
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-default-apps",
            "--disable-sync",
            "--no-first-run",
            "--hide-scrollbars",
        ];
        let mut arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
        // Even a page that tried could reach nothing outside.
        arguments.push(format!("--host-resolver-rules={rules}MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost"));
        arguments.push(format!("--user-data-dir={}", chromium._profile.path().join("profile").display()));
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": { "binary": browser, "args": arguments },
        } } });
        let session =
            chromium.call("POST", "/session", &capabilities).with_context(|| format!("Chromium did not start; is it whole? {INSTALL}"))?;
        chromium.session = session["sessionId"].as_str().context("no session")?.to_owned();
        Ok(chromium)
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        let body = if method == "POST" { body.to_string() } else { String::new() };
        let answer = wire::ask(&self.address, method, path, &[("content-type", "application/json")], body.as_bytes())?;
        let mut value: Value = serde_json::from_slice(&answer.body).with_context(|| format!("chromedriver said {:?}", answer.text()))?;
        let value = value["value"].take();
        if answer.status != 200 {
            bail!("{method} {path}: {}: {}", value["error"].as_str().unwrap_or(""), value["message"].as_str().unwrap_or(""));
        }
        Ok(value)
    }

    fn ask(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.call("POST", &format!("/session/{}{path}", self.session), body)
    }

    pub fn goto(&self, url: &str) -> anyhow::Result<()> {
        self.ask("/url", &json!({ "url": url })).map(drop)
    }

    /// The address bar.
    pub fn address(&self) -> anyhow::Result<String> {
        let url = self.call("GET", &format!("/session/{}/url", self.session), &Value::Null)?;
        Ok(url.as_str().unwrap_or_default().to_owned())
    }

    /// Runs the body of a function in the page.
    pub fn script(&self, script: &str, arguments: &[Value]) -> anyhow::Result<Value> {
        self.ask("/execute/sync", &json!({ "script": script, "args": arguments }))
    }

    /// A screen of this size; below 500 pixels that of a phone. `dark` is what the system prefers.
    pub fn screen(&self, width: u32, height: u32, dark: bool) -> anyhow::Result<()> {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)?;
        let scheme = if dark { "dark" } else { "light" };
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] }))
    }

    fn devtools(&self, command: &str, parameters: Value) -> anyhow::Result<()> {
        self.ask("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters })).map(drop)
    }

    /// Waits until a script gives something true, looking often.
    pub fn wait_for(&self, what: &str, script: &str) -> anyhow::Result<Value> {
        let started = Instant::now();
        loop {
            let value = self.script(script, &[])?;
            if !matches!(value, Value::Null | Value::Bool(false)) {
                return Ok(value);
            }
            if started.elapsed() > PATIENCE {
                let shown = self.script("return document.body.innerText.slice(0, 1500)", &[])?;
                bail!(
                    "still not after {PATIENCE:?}: {what}\nat {}\nthe page shows: {}\nconsole: {:?}",
                    self.address()?,
                    shown,
                    self.console()?
                );
            }
            pause();
        }
    }

    /// Waits until the page shows a text.
    pub fn wait_for_text(&self, text: &str) -> anyhow::Result<()> {
        self.wait_for(&format!("the text {text:?}"), &format!("return document.body.innerText.includes({})", json!(text))).map(drop)
    }

    /// Waits for an element that can be seen.
    pub fn wait_for_element(&self, selector: &str) -> anyhow::Result<()> {
        let script = format!("const e = document.querySelector({}); return !!e && e.getClientRects().length > 0", json!(selector));
        self.wait_for(&format!("the element {selector}"), &script).map(drop)
    }

    fn find(&self, selector: &str) -> anyhow::Result<String> {
        self.wait_for_element(selector)?;
        let element = self.ask("/element", &json!({ "using": "css selector", "value": selector }))?;
        Ok(element[ELEMENT].as_str().context("no element")?.to_owned())
    }

    /// Clicks as a person does: it fails if something lies on top.
    pub fn click(&self, selector: &str) -> anyhow::Result<()> {
        let element = self.find(selector)?;
        self.ask(&format!("/element/{element}/click"), &json!({})).map(drop)
    }

    /// Types into a field, replacing what is in it.
    pub fn fill(&self, selector: &str, text: &str) -> anyhow::Result<()> {
        let element = self.find(selector)?;
        self.ask(&format!("/element/{element}/clear"), &json!({}))?;
        self.ask(&format!("/element/{element}/value"), &json!({ "text": text })).map(drop)
    }

    /// Picks a file in a file field.
    pub fn choose_file(&self, selector: &str, file: &Path) -> anyhow::Result<()> {
        let element = self.find(selector)?;
        self.ask(&format!("/element/{element}/value"), &json!({ "text": file.to_string_lossy() })).map(drop)
    }

    /// Presses keys, one after the other, wherever the focus is.
    pub fn press(&self, keys: &[&str]) -> anyhow::Result<()> {
        let steps: Vec<Value> =
            keys.iter().flat_map(|key| [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })]).collect();
        self.ask("/actions", &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": steps }] })).map(drop)
    }

    /// Plugs in an authenticator that knows its owner and says yes (W3C Web Authentication, section 11).
    pub fn plug_in_authenticator(&self) -> anyhow::Result<()> {
        let authenticator = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
            "isUserConsenting": true, "isUserVerified": true,
        });
        self.ask("/webauthn/authenticator", &authenticator).map(drop)
    }

    /// What the console said since the last look: errors and warnings, failed requests among them.
    pub fn console(&self) -> anyhow::Result<Vec<String>> {
        let entries = self.ask("/se/log", &json!({ "type": "browser" }))?;
        let entries = entries.as_array().cloned().unwrap_or_default();
        let loud = entries.iter().filter(|entry| matches!(entry["level"].as_str(), Some("SEVERE" | "WARNING")));
        Ok(loud.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect())
    }

    /// Keeps a picture of what is on the screen.
    pub fn screenshot(&self, name: &str) -> anyhow::Result<()> {
        let picture = self.call("GET", &format!("/session/{}/screenshot", self.session), &Value::Null)?;
        let folder = hardie_testkit::tools::workspace()?.join("target/screenshots");
        std::fs::create_dir_all(&folder)?;
        let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, picture.as_str().context("no picture")?)?;
        Ok(std::fs::write(folder.join(format!("{name}.png")), bytes)?)
    }
}

#[expect(clippy::disallowed_methods, reason = "WebDriver has no event for what a script sees: it must be asked again")]
fn pause() {
    std::thread::sleep(Duration::from_millis(25));
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The session ends the browser, the kill its driver; neither can be helped if it fails.
        if !self.session.is_empty() {
            let _ = self.call("DELETE", &format!("/session/{}", self.session), &Value::Null);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
