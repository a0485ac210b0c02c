//! Parts of the bundle that are loaded when a page of theirs is opened.

use hardie_testkit::{ServerProcess, tools};

use super::checks::page_is_clean;
use super::chromium::Chromium;
use super::forge::{Forge, PASSWORD};

#[test]
fn a_part_that_does_not_come_says_so_and_nothing_else_is_lost() {
    let forge = Forge::start().unwrap();
    let some = tempfile::tempdir().unwrap();
    let mut is_whole = true;
    for entry in std::fs::read_dir(tools::web_dist().unwrap()).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if name.starts_with("split_settings") {
            is_whole = false;
        } else {
            std::fs::copy(entry.path(), some.path().join(name)).unwrap();
        }
    }
    assert!(!is_whole, "`cargo xtask bundle` makes a bundle in parts; Trunk alone makes it whole");
    let web = ServerProcess::web(forge.serve.url(), some.path()).unwrap();
    let page = |path: &str| format!("{}{path}", web.url());
    let browser = Chromium::start().unwrap();
    browser.screen(390, 844, true).unwrap();
    browser.goto(&page("/user/login")).unwrap();
    browser.fill("#username", "ann").unwrap();
    browser.fill("#password", PASSWORD).unwrap();
    browser.click("form.form button[type=submit]").unwrap();
    browser.wait_for_text("Your repositories").unwrap();
    page_is_clean(&browser, "a page that everybody opens").unwrap();
    browser.goto(&page("/user/settings/keys")).unwrap();
    browser.wait_for_text("This part of the pages could not be loaded").unwrap();
    browser.wait_for_element(".error-panel button").unwrap();
    let listen = "const ask = window.fetch; window.fetch = (...what) => { window.askedAgain ||= String(what[0]).includes('split_settings'); return ask(...what) }";
    browser.script(listen, &[]).unwrap();
    browser.click(".error-panel button").unwrap();
    browser.wait_for("it was asked for again", "return !!window.askedAgain").unwrap();
    browser.wait_for_text("This part of the pages could not be loaded").unwrap();
    browser.click("a.logo").unwrap();
    browser.wait_for_text("Your repositories").unwrap();
    // The refusals, which Chromium and the loader tell the console, are of a document that is left.
    browser.goto("about:blank").unwrap();
    browser.console().unwrap();
    browser.goto(&page("/")).unwrap();
    browser.wait_for_text("Your repositories").unwrap();
    page_is_clean(&browser, "a page after a part that did not come").unwrap();
}
