//! Organisations and teams: made, filled and given rights on their pages, which hold on the other doors.

use hardie_testkit::{Git, process};
use serde_json::json;

use super::checks::{console_is_silent, focus_is_visible, page_is_clean, page_is_sound};
use super::chromium::Chromium;
use super::forge::{self, Forge, PASSWORD};
use super::plugin_pages::{api, confirm};
use super::settings::press_button;

const JSON: &str = "application/json";

fn user(forge: &Forge, name: &str) {
    let arguments = ["user", "create", name, "--email", &format!("{name}@example.org"), "--password-stdin"];
    process::admin(forge.data.path(), &arguments, PASSWORD).unwrap();
}

/// An organisation of ann's with a private repository and a team that reads it.
fn smiths(forge: &Forge) -> i64 {
    let post = |path: &str, body: serde_json::Value| api(forge, "POST", path, body.to_string().as_bytes(), JSON);
    post("/orgs", json!({ "username": "smiths", "full_name": "Smiths & Sons", "description": "They make hammers" }));
    post("/orgs/smiths/repos", json!({ "name": "hammer", "private": true }));
    let team = post("/orgs/smiths/teams", json!({ "name": "crew", "description": "Those at the forge", "permission": "read" }));
    let id = team["id"].as_i64().unwrap();
    api(forge, "PUT", &format!("/teams/{id}/repos/smiths/hammer"), b"", JSON);
    id
}

fn signed_in(forge: &Forge, name: &str) -> Chromium {
    let browser = Chromium::start().unwrap();
    browser.screen(1280, 900, false).unwrap();
    browser.goto(&forge.page("/user/login")).unwrap();
    browser.fill("#username", name).unwrap();
    browser.fill("#password", PASSWORD).unwrap();
    browser.click("form.form button[type=submit]").unwrap();
    browser.wait_for_text("Your repositories").unwrap();
    browser
}

fn choose(browser: &Chromium, selector: &str, value: &str) {
    let script = format!(
        "const s = document.querySelector({}); if (!s) return false; s.value = {}; s.dispatchEvent(new Event('change', {{ bubbles: true }})); return true",
        json!(selector),
        json!(value)
    );
    browser.wait_for(&format!("the choice at {selector}"), &script).unwrap();
}

#[test]
fn an_organisation_is_made_and_a_team_of_it_gives_its_members_what_the_page_says() {
    let forge = Forge::start().unwrap();
    user(&forge, "bob");
    let browser = Chromium::start().unwrap();
    browser.screen(1280, 900, false).unwrap();
    forge::sign_in(&browser, &forge).unwrap();
    browser.goto(&forge.page("/org/create")).unwrap();
    browser.fill("#username", "api").unwrap();
    press_button(&browser, "Create organisation");
    browser.wait_for_text("reserved").unwrap();
    // The refusal is an answer that Chromium tells its console.
    browser.console().unwrap();
    browser.fill("#username", "smiths").unwrap();
    choose(&browser, "#visibility", "private");
    press_button(&browser, "Create organisation");
    browser.wait_for("its page", "return location.pathname === '/smiths' && !!document.querySelector('nav.tabs')").unwrap();
    assert_eq!(api(&forge, "GET", "/orgs/smiths", b"", JSON)["visibility"], "private");
    api(&forge, "POST", "/orgs/smiths/repos", br#"{"name":"hammer","private":true}"#, JSON);

    browser.click(".tabs a[href$='/-/teams']").unwrap();
    browser.wait_for_text("Owns the organisation").unwrap();
    browser.fill("#name", "crew").unwrap();
    choose(&browser, "#level", "units");
    choose(&browser, "select[name='repo.code']", "write");
    choose(&browser, "select[name='repo.wiki']", "none");
    press_button(&browser, "Make team");
    browser.wait_for_text("It reaches no repository yet").unwrap();
    page_is_sound(&browser, "a team").unwrap();
    assert!(focus_is_visible(&browser, "a team", 30).unwrap() > 10);
    browser.fill("#member", "bob").unwrap();
    press_button(&browser, "Add to the team");
    browser.wait_for_element("a[href='/bob']").unwrap();
    browser.fill("#repository", "hammer").unwrap();
    press_button(&browser, "Let it reach");
    browser.wait_for_element("main a[href='/smiths/hammer']").unwrap();
    console_is_silent(&browser, "a filled team").unwrap();
    let team = browser.address().unwrap().rsplit('/').next().unwrap().to_owned();
    let told = api(&forge, "GET", &format!("/teams/{team}"), b"", JSON);
    assert_eq!((told["units_map"]["repo.code"].as_str(), told["units_map"]["repo.wiki"].as_str()), (Some("write"), Some("none")));

    let git = Git::new("bob").unwrap().with_password("bob", PASSWORD).unwrap();
    let dir = git.init("hammer").unwrap();
    git.commit(&dir, "a.txt", "one\n", "One").unwrap();
    git.ok(&dir, &["push", "--quiet", &forge.remote("smiths/hammer"), "HEAD:refs/heads/main"]).unwrap();
    choose(&browser, "#level", "read");
    press_button(&browser, "Save team");
    browser.wait_for_text("Team saved").unwrap();
    git.commit(&dir, "a.txt", "two\n", "Two").unwrap();
    git.fails(&dir, &["push", "--quiet", &forge.remote("smiths/hammer"), "HEAD:refs/heads/main"]).unwrap();
    // Bob leaves by himself, and sees no more of it.
    let bobs = signed_in(&forge, "bob");
    bobs.goto(&forge.page(&format!("/smiths/-/teams/{team}"))).unwrap();
    press_button(&bobs, "Leave");
    confirm(&bobs, "Leave this team?");
    bobs.wait_for_text("There is nothing here").unwrap();
    git.fails(git.home(), &["ls-remote", &forge.remote("smiths/hammer")]).unwrap();
}

#[test]
fn members_get_roles_and_leave_and_an_organisation_ends() {
    let forge = Forge::start().unwrap();
    smiths(&forge);
    user(&forge, "bob");
    let browser = Chromium::start().unwrap();
    browser.screen(1280, 900, false).unwrap();
    forge::sign_in(&browser, &forge).unwrap();
    browser.goto(&forge.page("/smiths/-/members")).unwrap();
    browser.fill("#username", "nobody-there").unwrap();
    press_button(&browser, "Add member");
    browser.wait_for_element("#username-error:not([hidden]), .notice-bad").unwrap();
    browser.console().unwrap();
    browser.fill("#username", "bob").unwrap();
    press_button(&browser, "Add member");
    browser.wait_for_element("select[aria-label='Role of bob']").unwrap();
    choose(&browser, "select[aria-label='Role of bob']", "write");
    browser.wait_for_text("Role changed").unwrap();
    page_is_sound(&browser, "members").unwrap();
    let members = api(&forge, "GET", "/orgs/smiths/members", b"", JSON);
    assert!(members.as_array().unwrap().iter().any(|member| member["login"] == "bob" && member["role"] == "write"), "{members}");

    browser.goto(&forge.page("/smiths/-/settings")).unwrap();
    browser.fill("#full_name", "Smiths").unwrap();
    choose(&browser, "#visibility", "limited");
    press_button(&browser, "Save settings");
    browser.wait_for_text("Settings saved").unwrap();
    assert_eq!(api(&forge, "GET", "/orgs/smiths", b"", JSON)["visibility"], "limited");
    // Its repository keeps it; one that has none goes.
    press_button(&browser, "Delete");
    browser.fill("dialog[open] input", "smiths").unwrap();
    confirm(&browser, "Delete this organisation?");
    browser.wait_for_text("transfer or delete them first").unwrap();
    browser.console().unwrap();
    api(&forge, "POST", "/orgs", br#"{"username":"guild"}"#, JSON);
    browser.goto(&forge.page("/guild/-/settings")).unwrap();
    press_button(&browser, "Delete");
    browser.fill("dialog[open] input", "guild").unwrap();
    confirm(&browser, "Delete this organisation?");
    browser.wait_for("it is gone", "return location.pathname === '/'").unwrap();
}

#[test]
fn strangers_and_members_are_told_what_is_not_theirs_and_asked_to_sign_in() {
    let forge = Forge::start().unwrap();
    let team = smiths(&forge);
    user(&forge, "bob");
    user(&forge, "eve");
    api(&forge, "PUT", &format!("/teams/{team}/members/bob"), b"", JSON);
    let tabs = "return [...document.querySelectorAll('nav.tabs a')].map(a => a.innerText.trim()).join()";
    let bobs = signed_in(&forge, "bob");
    bobs.goto(&forge.page("/smiths/-/teams")).unwrap();
    bobs.wait_for_text("crew").unwrap();
    assert_eq!(bobs.script(tabs, &[]).unwrap(), "Repositories,Members,Teams");
    assert_eq!(bobs.script("return document.querySelectorAll('main form').length", &[]).unwrap(), 0, "members make no teams");
    for page in ["hooks", "plugins", "settings"] {
        bobs.goto(&forge.page(&format!("/smiths/-/{page}"))).unwrap();
        bobs.wait_for_text("This is for owners of smiths").unwrap();
        page_is_clean(&bobs, page).unwrap();
    }
    let eves = signed_in(&forge, "eve");
    eves.goto(&forge.page("/smiths/-/teams")).unwrap();
    eves.wait_for_text("This is for members of smiths").unwrap();
    eves.goto(&forge.page("/smiths/-/members")).unwrap();
    eves.wait_for_text("Those who say that they belong to it").unwrap();
    assert_eq!(eves.script(tabs, &[]).unwrap(), "Repositories,Members");
    page_is_clean(&eves, "members for a stranger").unwrap();
    eves.goto(&forge.page("/eve/-/members")).unwrap();
    eves.wait_for_text("eve is not an organisation").unwrap();
    let other = Chromium::start().unwrap();
    for page in ["/smiths/-/settings", "/org/create"] {
        other.goto(&forge.page(page)).unwrap();
        other.wait_for("the sign-in page", "return location.href.includes('/user/login?redirect_to=')").unwrap();
    }
}

#[test]
fn pages_of_organisations_are_clean_on_desk_and_phone_in_light_and_dark() {
    let forge = Forge::start().unwrap();
    let team = smiths(&forge);
    user(&forge, "bob");
    api(&forge, "PUT", &format!("/teams/{team}/members/bob"), b"", JSON);
    let browser = Chromium::start().unwrap();
    browser.screen(1280, 900, false).unwrap();
    forge::sign_in(&browser, &forge).unwrap();
    let team = format!("/smiths/-/teams/{team}");
    let pages = [
        ("org", "/smiths", "hammer"),
        ("org-new", "/org/create", "Create organisation"),
        ("org-members", "/smiths/-/members", "Add a member"),
        ("org-teams", "/smiths/-/teams", "New team"),
        ("org-team", &team, "Settings of the team"),
        ("org-settings", "/smiths/-/settings", "Danger zone"),
        ("org-hooks", "/smiths/-/hooks", "Add a webhook"),
    ];
    super::pages::look_at(&browser, &forge, &pages);
}
