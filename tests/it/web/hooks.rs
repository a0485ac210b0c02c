//! Webhooks on their pages: made, tested, held when nobody answers, sent again, changed and removed; in front of a real receiver.

use serde_json::json;

use super::checks::{console_is_silent, focus_is_visible, page_is_sound};
use super::chromium::Chromium;
use super::forge::{self, Forge};
use super::plugin_pages::{api, confirm, shows};
use super::settings::press_button;
use crate::webhooks::receiver::{Does, Receiver};

const JSON: &str = "application/json";

fn forge() -> (Forge, Chromium) {
    forge::at_desk(Forge::configured("[webhooks]\npermit = [\"127.0.0.1/32\"]\n").unwrap()).unwrap()
}

fn push(forge: &Forge, branch: &str) {
    let git = &forge.git;
    let dir = git.path("anvil");
    let dir = if dir.is_dir() { dir } else { git.init("anvil").unwrap() };
    git.commit(&dir, &format!("{branch}.txt"), "one\n", branch).unwrap();
    git.ok(&dir, &["push", "--quiet", &forge.remote("ann/anvil"), &format!("HEAD:refs/heads/{branch}")]).unwrap();
}

/// Makes one over the API; its id.
fn hook(forge: &Forge, base: &str, url: &str) -> i64 {
    let new = json!({ "type": "gitea", "active": true, "events": ["push"], "config": { "url": url, "content_type": "json" } });
    api(forge, "POST", &format!("{base}/hooks"), new.to_string().as_bytes(), JSON)["id"].as_i64().unwrap()
}

fn open_details(browser: &Chromium, summary: &str) {
    let script = format!(
        "const d = [...document.querySelectorAll('details')].find(d => d.querySelector('summary').innerText.trim() === {}); if (d) d.open = true; return !!d",
        json!(summary)
    );
    browser.wait_for(summary, &script).unwrap();
}

/// Has the list refresh itself until each delivery in it was handled. The word alone is also that of a filter.
fn handled(browser: &Chromium, address: &str) {
    let script = "const all = document.querySelectorAll('ul.rows .badge').length; \
                  if (all > 0 && all === document.querySelectorAll('ul.rows .badge-good').length) return true; \
                  if (performance.now() - (window.lastAsked || 0) < 1000) return false; \
                  window.lastAsked = performance.now(); \
                  [...document.querySelectorAll('main button')].find(b => b.innerText.trim() === 'Refresh')?.click(); return false";
    browser.goto(address).unwrap();
    browser.wait_for("all deliveries are handled", script).unwrap();
}

#[test]
fn a_webhook_is_made_tested_sent_again_changed_and_removed_on_the_page() {
    let receiver = Receiver::ok();
    let (forge, browser) = forge();
    push(&forge, "main");
    browser.goto(&forge.page("/ann/anvil/settings/hooks")).unwrap();
    browser.wait_for_text("No server is told of anything").unwrap();
    browser.fill("[name='config.url']", "http://metadata.google.internal/x").unwrap();
    browser.click("#event-push").unwrap();
    press_button(&browser, "Add webhook");
    browser.wait_for_text("Choose at least one event").unwrap();
    browser.click("#event-push").unwrap();
    browser.click("#event-create").unwrap();
    browser.fill("[name='config.url']", &format!("{}/hook", receiver.url)).unwrap();
    let secret = "iron and coal";
    browser.fill("[name='config.secret']", secret).unwrap();
    browser.fill("[name='branch_filter']", "main").unwrap();
    assert!(focus_is_visible(&browser, "a new webhook", 40).unwrap() >= 8);
    press_button(&browser, "Add webhook");
    browser.wait_for_text("Nothing was sent yet").unwrap();
    page_is_sound(&browser, "a webhook").unwrap();
    let own = browser.address().unwrap();
    let id = own.rsplit('/').next().unwrap().to_owned();
    let made = api(&forge, "GET", &format!("/repos/ann/anvil/hooks/{id}"), b"", JSON);
    assert_eq!((&made["events"], &made["branch_filter"], &made["signed"]), (&json!(["push", "create"]), &json!("main"), &json!(true)));

    press_button(&browser, "Send a test");
    browser.wait_for_text("The newest commit is on its way to it").unwrap();
    handled(&browser, &own);
    assert_eq!(receiver.heard().len(), 1);
    assert!(!receiver.heard()[0].header("x-gitea-signature").is_empty());
    browser.click("ul.rows a[href*='/deliveries/']").unwrap();
    browser.wait_for_text("What is sent").unwrap();
    browser.wait_for_text("\"ref\": \"refs/heads/main\"").unwrap();
    page_is_sound(&browser, "a delivery to a webhook").unwrap();
    press_button(&browser, "Deliver again");
    confirm(&browser, "Deliver 1 event again?");
    browser.wait_for_text("It is delivered again").unwrap();
    shows(&browser, &browser.address().unwrap(), "Handled");
    browser.goto(&own).unwrap();
    open_details(&browser, "Deliver a range again");
    browser.fill("#from", "1").unwrap();
    press_button(&browser, "Count them");
    browser.wait_for_text("1 delivery would begin anew").unwrap();

    open_details(&browser, "Change or remove it");
    browser.click("#event-status").unwrap();
    press_button(&browser, "Save webhook");
    browser.wait_for_text("Webhook saved").unwrap();
    let changed = api(&forge, "GET", &format!("/repos/ann/anvil/hooks/{id}"), b"", JSON);
    assert_eq!((&changed["events"], &changed["signed"]), (&json!(["push", "create", "status"]), &json!(true)), "the secret stays");
    assert!(!browser.script("return document.documentElement.outerHTML", &[]).unwrap().as_str().unwrap().contains(secret));
    press_button(&browser, "Remove webhook");
    confirm(&browser, "Remove this webhook?");
    browser.wait_for_text("No server is told of anything").unwrap();
    console_is_silent(&browser, "webhooks").unwrap();
}

#[test]
fn a_webhook_that_is_not_answered_says_what_it_holds_and_sends_it_when_it_is_told_to() {
    let receiver = Receiver::new(Does::Answer(503, String::new()));
    let (forge, browser) = forge();
    let id = hook(&forge, "/repos/ann/anvil", &receiver.url);
    push(&forge, "main");
    let own = forge.page(&format!("/ann/anvil/settings/hooks/{id}"));
    shows(&browser, &own, "Does not answer");
    browser.wait_for_text("What happens meanwhile is held for it").unwrap();
    browser.wait_for_text("1 delivery waiting").unwrap();
    page_is_sound(&browser, "a webhook that is not answered").unwrap();
    browser.screenshot("hook-paused").unwrap();
    browser.goto(&forge.page("/ann/anvil/settings/hooks")).unwrap();
    browser.wait_for_text("Does not answer").unwrap();
    receiver.becomes(Does::Answer(200, String::new()));
    browser.goto(&own).unwrap();
    press_button(&browser, "Send now");
    browser.wait_for_text("What waits is sent now").unwrap();
    handled(&browser, &own);
    browser.wait_for_text("It is told of what happens, in order").unwrap();
    // 410 switches it off, and the page says so.
    receiver.becomes(Does::Answer(410, String::new()));
    push(&forge, "second");
    shows(&browser, &own, "It is told of nothing until it is switched on below");
    console_is_silent(&browser, "a webhook that was switched off").unwrap();
}

#[test]
fn webhooks_of_an_organisation_and_of_the_site_have_the_same_pages() {
    let receiver = Receiver::ok();
    let (forge, browser) = forge();
    push(&forge, "main");
    api(&forge, "POST", "/orgs", br#"{"username":"smiths"}"#, JSON);
    let site = hook(&forge, "/admin", &format!("{}/site", receiver.url));
    let org = hook(&forge, "/orgs/smiths", &format!("{}/org", receiver.url));
    let repo = hook(&forge, "/repos/ann/anvil", &format!("{}/a-long-address-that-does-not-fit-a-phone/{}", receiver.url, "x".repeat(80)));
    push(&forge, "second");
    let one = format!("/ann/anvil/settings/hooks/{repo}");
    handled(&browser, &forge.page(&one));
    let delivery = browser.script("return new URL(document.querySelector('ul.rows a').href).pathname", &[]).unwrap();
    let (site, org) = (format!("/admin/hooks/{site}"), format!("/smiths/-/hooks/{org}"));
    let pages = [
        ("hooks", "/ann/anvil/settings/hooks", "Add a webhook"),
        ("hook", one.as_str(), "Deliver a range again"),
        ("hook-delivery", delivery.as_str().unwrap(), "What is sent"),
        ("hooks-org", "/smiths/-/hooks", "Add a webhook"),
        ("hook-org", org.as_str(), "Deliver a range again"),
        ("hooks-site", "/admin/hooks", "told of every repository of this server"),
        ("hook-site", site.as_str(), "Deliver a range again"),
    ];
    super::pages::look_at(&browser, &forge, &pages);
}
