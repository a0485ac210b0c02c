//! Releases on their page: notes that run nothing, files that are had, drafts for those who may push alone.

use serde_json::json;

use super::checks::page_is_clean;
use super::chromium::Chromium;
use super::forge;
use super::plugin_pages::api;
use super::wire;

const JSON: &str = "application/json";

#[test]
fn releases_are_read_with_notes_and_files_on_desk_and_phone() {
    let (forge, browser) = forge::with_anvil().unwrap();
    browser.goto(&forge.page("/ann/anvil/releases")).unwrap();
    browser.wait_for_text("No release yet").unwrap();
    page_is_clean(&browser, "no release").unwrap();
    let git = &forge.git;
    let dir = git.init("anvil").unwrap();
    git.commit(&dir, "a.txt", "one\n", "One").unwrap();
    git.ok(&dir, &["push", "--quiet", &forge.remote("ann/anvil"), "HEAD:refs/heads/main"]).unwrap();
    let make = |body: serde_json::Value| api(&forge, "POST", "/repos/ann/anvil/releases", body.to_string().as_bytes(), JSON);
    let notes = "Stronger handles.\n\n<img src=x onerror=\"document.title='owned'\"> <script>document.title='owned'</script>";
    let id = make(json!({ "tag_name": "topic/v1.0", "name": "The first", "body": notes }))["id"].as_i64().unwrap();
    make(json!({ "tag_name": "v2.0", "draft": true, "body": "Not yet" }));
    api(&forge, "POST", &format!("/repos/ann/anvil/releases/{id}/assets?name=hammer.txt"), b"a hammer\n", "application/octet-stream");
    let pages =
        [("releases", "/ann/anvil/releases", "Stronger handles"), ("release", "/ann/anvil/releases/tag/topic%2Fv1.0", "hammer.txt")];
    super::pages::look_at(&browser, &forge, &pages);
    assert_ne!(browser.script("return document.title", &[]).unwrap(), "owned");
    assert_eq!(browser.script("return document.querySelectorAll('main img, main script').length", &[]).unwrap(), 0);
    let file = "return new URL([...document.querySelectorAll('main a')].find(a => a.innerText.trim() === 'hammer.txt').href).pathname";
    let file = browser.script(file, &[]).unwrap();
    let had = wire::ask(&forge.front().unwrap(), "GET", file.as_str().unwrap(), &[], b"").unwrap();
    assert_eq!((had.status, had.text().as_str()), (200, "a hammer\n"));
    browser.goto(&forge.page("/ann/anvil/releases")).unwrap();
    browser.wait_for_text("Not yet").unwrap();
    let stranger = Chromium::start().unwrap();
    stranger.goto(&forge.page("/ann/anvil/releases")).unwrap();
    stranger.wait_for_text("The first").unwrap();
    assert_eq!(stranger.script("return document.body.innerText.includes('Not yet')", &[]).unwrap(), false);
}
