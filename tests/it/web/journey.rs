//! The journey that the UI is for: sign in, create a repository, push with git, look at it.

use super::checks::{console_is_silent, focus_is_visible, page_is_clean};
use super::chromium::Chromium;
use super::forge::{self, Forge};

#[test]
fn a_person_signs_in_creates_a_repository_pushes_and_sees_file_and_commit() {
    let forge = Forge::start().unwrap();
    let browser = Chromium::start().unwrap();
    browser.screen(1280, 900, false).unwrap();

    browser.goto(&forge.page("/")).unwrap();
    browser.wait_for_text("Sign in").unwrap();
    page_is_clean(&browser, "the first page for a stranger").unwrap();

    forge::sign_in(&browser, &forge).unwrap();
    browser.wait_for_text("You have no repositories yet").unwrap();
    page_is_clean(&browser, "an empty dashboard").unwrap();

    forge::create_repository(&browser, &forge, "anvil").unwrap();
    browser
        .wait_for("the exact command", "return document.querySelector('.commands').innerText.includes('git push -u origin main')")
        .unwrap();
    page_is_clean(&browser, "an empty repository").unwrap();
    browser.screenshot("journey-1-empty").unwrap();

    // The push goes through the same front as the page.
    let dir = forge.git.init("anvil").unwrap();
    let sha = forge.git.commit(&dir, "src/lib.rs", "pub fn strike() -> u32 {\n    42\n}\n", "Strike the iron").unwrap();
    forge.git.ok(&dir, &["remote", "add", "origin", &forge.remote("ann/anvil")]).unwrap();
    let pushed = forge.git.run(&dir, &["push", "-u", "origin", "main"]).unwrap();
    assert!(pushed.ok, "{}", pushed.stderr);

    browser.goto(&forge.page("/ann/anvil")).unwrap();
    browser.wait_for_text("README.md").unwrap();
    browser.wait_for_text("Strike the iron").unwrap();
    browser.wait_for("the rendered README", "return document.querySelector('.readme h1, .readme h2')?.innerText === 'Hello'").unwrap();
    page_is_clean(&browser, "the code page").unwrap();
    browser.screenshot("journey-2-code").unwrap();

    browser.click("a[href$='/src']").unwrap();
    browser.click("a[href$='/src/lib.rs']").unwrap();
    // Lines out of sight are not laid out, and until the browser has looked that is all of them: no line has a text yet.
    browser.wait_for("the second line", "return document.querySelector('#L2 code')?.innerText.trim() === '42'").unwrap();
    browser.click("#L2 .ln").unwrap();
    browser
        .wait_for("the line is marked", "return document.querySelector('#L2').classList.contains('marked') && location.hash === '#L2'")
        .unwrap();
    page_is_clean(&browser, "a file").unwrap();

    browser.click("nav.tabs a[href$='/commits']").unwrap();
    browser.wait_for_text("First commit").unwrap();
    page_is_clean(&browser, "the history").unwrap();
    browser.click(&format!(".commit-title a[href$='{sha}']")).unwrap();
    browser.wait_for_text("1 changed file").unwrap();
    browser
        .wait_for("the added line", "return [...document.querySelectorAll('tr.add code')].some(code => code.innerText.includes('strike'))")
        .unwrap();
    page_is_clean(&browser, "one commit").unwrap();
    browser.screenshot("journey-3-commit").unwrap();

    browser.click(".avatar-button").unwrap();
    browser
        .script("[...document.querySelectorAll('.menu-panel button')].find(b => b.innerText.trim() === 'Sign out').click()", &[])
        .unwrap();
    browser.wait_for_element("#username").unwrap();
    console_is_silent(&browser, "signing out").unwrap();
}

#[test]
fn the_keyboard_alone_is_enough() {
    const ESCAPE: &str = "\u{E00C}";
    let (forge, browser) = forge::with_anvil().unwrap();

    browser.press(&["?"]).unwrap();
    browser.wait_for_element("dialog[open] .keys").unwrap();
    browser.press(&[ESCAPE]).unwrap();
    browser.wait_for("the help is closed", "return !document.querySelector('dialog[open]')").unwrap();

    browser.press(&["g", "s"]).unwrap();
    browser.wait_for_text("Danger zone").unwrap();
    browser.press(&["g", "c"]).unwrap();
    browser.wait_for_text("Push the first commit").unwrap();
    assert!(focus_is_visible(&browser, "an empty repository", 40).unwrap() > 15);

    browser.goto(&forge.page("/")).unwrap();
    browser.wait_for_text("Your repositories").unwrap();
    browser.press(&["/"]).unwrap();
    browser.wait_for("search has the focus", "return document.activeElement?.id === 'search'").unwrap();
}

#[test]
fn a_wrong_password_is_told_in_the_form_and_signs_nobody_in() {
    let forge = Forge::start().unwrap();
    let browser = Chromium::start().unwrap();
    browser.goto(&forge.page("/user/login?redirect_to=//evil.example/")).unwrap();
    browser.fill("#username", "ann").unwrap();
    browser.fill("#password", "not it").unwrap();
    browser.click("form.form button[type=submit]").unwrap();
    browser.wait_for_element("form.form [role=alert] .notice").unwrap();
    assert!(browser.console().unwrap().iter().all(|line| line.contains("401")), "only the refusal itself is noted");

    // The right one leads home, not to where the link wanted.
    browser.fill("#password", forge::PASSWORD).unwrap();
    browser.click("form.form button[type=submit]").unwrap();
    browser.wait_for_text("Your repositories").unwrap();
    assert_eq!(browser.address().unwrap(), forge.page("/"));
}

#[test]
fn a_server_that_is_down_is_told_and_the_page_comes_back_with_it() {
    let forge = Forge::start().unwrap();
    let browser = Chromium::start().unwrap();
    forge::sign_in(&browser, &forge).unwrap();
    let Forge { serve, web, data, .. } = forge;
    let api = serve.url().strip_prefix("http://").unwrap().to_owned();
    serve.terminate().unwrap();

    browser.goto(&format!("{}/", web.url())).unwrap();
    browser.wait_for_text("The server cannot be reached").unwrap();
    let said_else = "return [...document.querySelectorAll('main [role=alert], main a[href^=\"/user/login\"]')].map(e => e.innerText)";
    assert_eq!(browser.script(said_else, &[]).unwrap(), serde_json::json!([]), "the banner says it, and nothing else");
    browser.screenshot("server-down").unwrap();

    let again = hardie_testkit::process::hardie(&["serve", "--ssh-listen", "127.0.0.1:0", "--http-listen", &api, "--data-dir"]);
    let _serve = hardie_testkit::ServerProcess::start(again.unwrap().arg(data.path())).unwrap();
    browser.click(".banner .button").unwrap();
    browser.wait_for_text("You have no repositories yet").unwrap();
}
