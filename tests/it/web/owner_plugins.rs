//! The pages of plugins that work in all repositories of an organisation: for its owners, and for nobody else.

use hardie_testkit::process;
use serde_json::json;

use super::checks::{console_is_silent, focus_is_visible, page_is_clean, page_is_sound};
use super::chromium::Chromium;
use super::forge::{self, Forge, PASSWORD};
use super::plugin_pages::{api, confirm, shows};
use super::settings::press_button;
use crate::support::component;

const JSON: &str = "application/json";

fn post(forge: &Forge, path: &str, body: &serde_json::Value) -> serde_json::Value {
    api(forge, "POST", path, body.to_string().as_bytes(), JSON)
}

fn uploaded(forge: &Forge, fixture: &str) -> String {
    let made = api(forge, "POST", "/plugins/components", &component(fixture), "application/wasm");
    made["digest"].as_str().unwrap().to_owned()
}

/// Makes the organisation `smiths` of ann's with the repository `hammer`.
fn smiths(forge: &Forge) {
    post(forge, "/orgs", &json!({ "username": "smiths" }));
    post(forge, "/orgs/smiths/repos", &json!({ "name": "hammer" }));
}

fn push(forge: &Forge) {
    let dir = forge.git.init("hammer").unwrap();
    forge.git.commit(&dir, "a.txt", "one\n", "One").unwrap();
    forge.git.ok(&dir, &["push", "--quiet", &forge.remote("smiths/hammer"), "HEAD:refs/heads/main"]).unwrap();
}

/// The same with a plugin that asks others about a push, and a push that it was asked about; the plugin's id.
pub fn organisation(forge: &Forge) -> i64 {
    smiths(forge);
    let new = json!({ "digest": uploaded(forge, "online"), "name": "asks", "mode": "monitor" });
    let id = post(forge, "/orgs/smiths/plugins", &new)["id"].as_i64().unwrap();
    push(forge);
    id
}

fn sign_in(forge: &Forge, name: &str) -> Chromium {
    let browser = Chromium::start().unwrap();
    browser.screen(1280, 900, false).unwrap();
    browser.goto(&forge.page("/user/login")).unwrap();
    browser.fill("#username", name).unwrap();
    browser.fill("#password", PASSWORD).unwrap();
    browser.click("form.form button[type=submit]").unwrap();
    browser.wait_for_text("Your repositories").unwrap();
    browser
}

#[test]
fn an_owner_installs_watches_and_removes_plugins_of_an_organisation() {
    let forge = Forge::start().unwrap();
    smiths(&forge);
    let arguments = ["user", "create", "bob", "--email", "bob@example.org", "--password-stdin"];
    process::admin(forge.data.path(), &arguments, PASSWORD).unwrap();
    let membership = json!({ "role": "owner" }).to_string();
    api(&forge, "PUT", "/orgs/smiths/members/bob", membership.as_bytes(), JSON);
    assert_eq!(api(&forge, "GET", "/users/smiths", b"", JSON)["type"], "organization");
    // Bob owns the organisation and administers nothing else.
    let browser = sign_in(&forge, "bob");
    browser.goto(&forge.page("/smiths")).unwrap();
    browser.wait_for_text("hammer").unwrap();
    browser.click(".tabs a[href$='/-/plugins']").unwrap();
    browser.wait_for_text("No plugin is installed for all repositories").unwrap();
    browser.wait_for_text("work in every repository of smiths").unwrap();
    page_is_sound(&browser, "no plugin of an organisation").unwrap();
    assert!(focus_is_visible(&browser, "no plugin of an organisation", 30).unwrap() >= 5);
    let file = forge.git.path("accept.wasm");
    std::fs::write(&file, component("accept")).unwrap();
    browser.choose_file("#component-file", &file).unwrap();
    browser.wait_for("the component is chosen", "return document.querySelector('#component')?.value.startsWith('sha256:')").unwrap();
    press_button(&browser, "Install");
    browser.wait_for_text("it speaks at the next push").unwrap();
    assert_eq!(browser.script("return document.querySelector('section.plugin .badge')?.innerText", &[]).unwrap(), "Enforces");
    push(&forge);
    browser.goto(&forge.page("/smiths/-/plugins")).unwrap();
    browser.wait_for_text("smiths/hammer").unwrap();
    browser.wait_for_text("Accepted").unwrap();
    page_is_clean(&browser, "a plugin of an organisation").unwrap();
    browser.click("section.plugin h3 a").unwrap();
    browser.wait_for_element(".plugin-tabs").unwrap();
    assert!(browser.address().unwrap().contains("/smiths/-/plugins/"));
    // In the repository it is shown, and changed where it was installed.
    browser.goto(&forge.page("/smiths/hammer/settings/plugins")).unwrap();
    browser.wait_for_text("Installed by smiths").unwrap();
    browser.wait_for_text("It is changed where it was installed").unwrap();
    browser.goto(&forge.page("/smiths/-/plugins")).unwrap();
    let open = "const d = [...document.querySelectorAll('details.plugin-edit')].at(-1); if (d) d.open = true; return !!d";
    browser.wait_for("it can be changed", open).unwrap();
    press_button(&browser, "Remove plugin");
    confirm(&browser, "Remove this plugin?");
    browser.wait_for_text("No plugin is installed for all repositories").unwrap();
    assert_eq!(api(&forge, "GET", "/orgs/smiths/plugins", b"", JSON), json!([]));
    console_is_silent(&browser, "plugins of an organisation").unwrap();
}

#[test]
fn what_a_plugin_of_an_organisation_was_told_is_looked_at_on_its_pages() {
    let (forge, browser) = forge::with_anvil().unwrap();
    smiths(&forge);
    let new = json!({ "digest": uploaded(&forge, "event-permanent"), "name": "gives-up" });
    let id = post(&forge, "/orgs/smiths/plugins", &new)["id"].as_i64().unwrap();
    push(&forge);
    let all = forge.page(&format!("/smiths/-/plugins/{id}/deliveries"));
    shows(&browser, &all, "smiths/hammer");
    browser.wait_for_text("Given up").unwrap();
    browser.click(".item-row a").unwrap();
    browser.wait_for_text("What happened").unwrap();
    page_is_sound(&browser, "a delivery to a plugin of an organisation").unwrap();
    browser.goto(&forge.page(&format!("/smiths/-/plugins/{id}/log"))).unwrap();
    browser.wait_for_text("Nothing was logged").unwrap();
    page_is_clean(&browser, "the log of a plugin of an organisation").unwrap();
}

#[test]
fn who_owns_nothing_of_it_sees_no_plugins_of_an_organisation() {
    let forge = Forge::start().unwrap();
    organisation(&forge);
    let arguments = ["user", "create", "bob", "--email", "bob@example.org", "--password-stdin"];
    process::admin(forge.data.path(), &arguments, PASSWORD).unwrap();
    let membership = json!({ "role": "write" }).to_string();
    api(&forge, "PUT", "/orgs/smiths/members/bob", membership.as_bytes(), JSON);
    let browser = sign_in(&forge, "bob");
    browser.goto(&forge.page("/smiths")).unwrap();
    browser.wait_for_text("hammer").unwrap();
    browser.goto(&forge.page("/smiths/-/plugins")).unwrap();
    browser.wait_for_text("This is for owners of smiths").unwrap();
    page_is_clean(&browser, "plugins of somebody else").unwrap();
    assert_eq!(browser.script("return document.body.innerText.includes('asks')", &[]).unwrap(), false);
    browser.goto(&forge.page("/smiths")).unwrap();
    browser.wait_for_text("hammer").unwrap();
    assert_eq!(browser.script("return !!document.querySelector('.tabs a[href$=\"/-/plugins\"]')", &[]).unwrap(), false);
    browser.goto(&forge.page("/smiths/-/nothing")).unwrap();
    browser.wait_for_element(".empty").unwrap();
    // Who is not signed in is sent to do so, and back.
    let other = Chromium::start().unwrap();
    other.goto(&forge.page("/smiths/-/plugins")).unwrap();
    other.wait_for("the sign-in page", "return location.href.includes('/user/login?redirect_to=%2Fsmiths%2F-%2Fplugins')").unwrap();
}
