//! What is set through the pages holds on the other doors.

use hardie_testkit::{Git, tools};

use super::checks::{console_is_silent, page_is_clean, page_is_sound};
use super::chromium::Chromium;
use super::forge;
use crate::app::factor::shown_at;
use crate::support::component;

/// Clicks the button with this label; of several, the last.
pub fn press_button(browser: &Chromium, label: &str) {
    let script = format!(
        "const b = [...document.querySelectorAll('button')].filter(b => b.innerText.trim() === '{label}' && b.getClientRects().length && !b.disabled); \
         b.at(-1)?.click(); return b.length > 0"
    );
    browser.wait_for(&format!("the button {label}"), &script).unwrap();
}

#[test]
fn a_token_made_on_the_page_is_shown_once_and_works_for_git() {
    let (forge, browser) = forge::with_anvil().unwrap();
    browser.goto(&forge.page("/user/settings/tokens")).unwrap();
    browser.fill("#name", "laptop").unwrap();
    browser.click("#scope-write-repository").unwrap();
    press_button(&browser, "Make token");
    let token = browser.wait_for("the token", "return document.querySelector('.notice-good pre')?.innerText.trim()").unwrap();
    let token = token.as_str().unwrap().to_owned();
    assert!(token.starts_with("hrd_"), "{token}");
    page_is_sound(&browser, "a token that was just made").unwrap();
    let git = Git::new("laptop").unwrap().with_password("ann", &token).unwrap();
    let dir = git.init("anvil").unwrap();
    git.ok(&dir, &["push", "--quiet", &forge.remote("ann/anvil"), "main"]).unwrap();
    browser.goto(&forge.page("/user/settings/tokens")).unwrap();
    browser.wait_for_text("laptop").unwrap();
    assert!(!browser.script("return document.body.innerText", &[]).unwrap().as_str().unwrap().contains(&token));
    press_button(&browser, "Remove");
    browser.wait_for_element("dialog[open]").unwrap();
    press_button(&browser, "Remove");
    browser.wait_for_text("No access token yet").unwrap();
    git.fails(&dir, &["push", "--quiet", &forge.remote("ann/anvil"), "main:again"]).unwrap();
    console_is_silent(&browser, "tokens").unwrap();
}

#[test]
fn a_second_factor_is_set_up_by_a_picture_and_asked_for_when_signing_in() {
    let (forge, browser) = forge::with_anvil().unwrap();
    browser.goto(&forge.page("/user/settings/security")).unwrap();
    browser.fill("#factor-password", forge::PASSWORD).unwrap();
    press_button(&browser, "Set up");
    browser.wait_for_element(".qr svg path").unwrap();
    page_is_sound(&browser, "a secret for an app").unwrap();
    browser.script("document.querySelector('.qr').scrollIntoView()", &[]).unwrap();
    browser.screenshot("second-factor-picture").unwrap();
    let text = |what: &str| {
        let script = "return [...document.querySelectorAll('.commands pre')].at(-1)?.innerText.trim()";
        browser.wait_for(what, script).unwrap().as_str().unwrap().to_owned()
    };
    let secret = text("the secret");
    #[expect(clippy::disallowed_methods, reason = "the server is a program with the machine's own clock")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    browser.fill("#code", &shown_at(&secret, i64::try_from(now.as_secs()).unwrap())).unwrap();
    press_button(&browser, "Confirm");
    browser.wait_for_text("Keep these recovery codes").unwrap();
    let recovery = text("recovery codes").lines().next().unwrap().to_owned();

    let other = Chromium::start().unwrap();
    other.screen(390, 844, false).unwrap();
    other.goto(&forge.page("/login")).unwrap();
    other.fill("#username", "ann").unwrap();
    other.fill("#password", forge::PASSWORD).unwrap();
    let links = "return document.querySelectorAll('a[href=\"/login/forgot\"], a[href=\"/login/sign-up\"]').length";
    assert_eq!(other.script(links, &[]).unwrap(), 0, "this server sends no mails and takes nobody in");
    let send = || other.click("form.form button[type=submit]").unwrap();
    send();
    other.wait_for("the keyboard is at the code", "return document.activeElement?.id === 'code'").unwrap();
    let bad = "return [...document.querySelectorAll('.notice-bad, .field-error:not([hidden])')].map(e => e.innerText).join()";
    assert_eq!(other.script(bad, &[]).unwrap(), "", "to be asked is no mistake");
    // The answers that ask are 401, which Chromium tells its console.
    other.console().unwrap();
    page_is_sound(&other, "a code is asked for").unwrap();
    other.screenshot("sign-in-code").unwrap();
    other.fill("#code", "000000").unwrap();
    send();
    other.wait_for("the code is not right", "return document.querySelector('#code-error')?.innerText.includes('not right')").unwrap();
    assert_eq!(other.script("return document.querySelectorAll('.notice-bad').length", &[]).unwrap(), 0);
    other.fill("#code", &recovery).unwrap();
    send();
    other.wait_for_text("Your repositories").unwrap();
}

#[test]
fn an_ssh_key_added_on_the_page_signs_git_in() {
    let (forge, browser) = forge::with_anvil().unwrap();
    let git = Git::new("ann").unwrap();
    let key = git.path("id_ed25519");
    let made = git.command("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", "anns laptop", "-f"]).arg(&key).output().unwrap();
    assert!(made.status.success(), "apt-get install openssh-client");
    browser.goto(&forge.page("/user/settings/keys")).unwrap();
    browser.fill("#key", std::fs::read_to_string(key.with_extension("pub")).unwrap().trim()).unwrap();
    press_button(&browser, "Add key");
    browser.wait_for_text("anns laptop").unwrap();
    browser.wait_for_text("SHA256:").unwrap();
    let git = git.with_ssh_key(&key);
    git.ok(git.home(), &["ls-remote", &format!("ssh://git@{}/ann/anvil.git", forge.serve.ssh())]).unwrap();
    page_is_sound(&browser, "keys").unwrap();
}

#[test]
fn a_rule_a_rename_and_a_deletion_hold() {
    let (forge, browser) = forge::with_anvil().unwrap();
    let git = &forge.git;
    let dir = git.init("anvil").unwrap();
    git.ok(&dir, &["push", "--quiet", &forge.remote("ann/anvil"), "main"]).unwrap();

    browser.goto(&forge.page("/ann/anvil/settings/branches")).unwrap();
    browser.fill("#rule_name", "main").unwrap();
    press_button(&browser, "Add rule");
    browser.wait_for_text("History cannot be rewritten").unwrap();
    page_is_sound(&browser, "a rule").unwrap();
    git.ok(&dir, &["commit", "--quiet", "--amend", "-m", "Rewritten"]).unwrap();
    git.fails(&dir, &["push", "--force", &forge.remote("ann/anvil"), "main"]).unwrap();

    browser.goto(&forge.page("/ann/anvil/settings")).unwrap();
    browser.fill("#name", "hammer").unwrap();
    press_button(&browser, "Save settings");
    browser.wait_for("the address follows", "return location.pathname === '/ann/hammer/settings/general'").unwrap();
    browser.goto(&forge.page("/ann/anvil/commits")).unwrap();
    browser.wait_for("the old address leads to the new one", "return location.pathname === '/ann/hammer/commits'").unwrap();
    browser.wait_for_text("First commit").unwrap();

    browser.goto(&forge.page("/ann/hammer/settings")).unwrap();
    browser.click(".danger-row:last-child > button").unwrap();
    browser.wait_for_element("dialog[open] input").unwrap();
    let disabled = "return document.querySelector('dialog[open] button[type=submit]').disabled";
    browser.fill("dialog[open] input", "ann/anvil").unwrap();
    assert_eq!(browser.script(disabled, &[]).unwrap(), true);
    browser.fill("dialog[open] input", "ann/hammer").unwrap();
    browser.wait_for("the button is ready", &disabled.replace("return ", "return !")).unwrap();
    browser.click("dialog[open] button[type=submit]").unwrap();
    browser.wait_for_text("You have no repositories yet").unwrap();
    git.fails(git.home(), &["ls-remote", &forge.remote("ann/hammer")]).unwrap();
}

#[test]
fn a_plugin_uploaded_on_the_page_judges_the_next_push_and_shows_its_verdict() {
    let (forge, browser) = forge::with_anvil().unwrap();
    let component = tools::plugin("commit-message").unwrap();
    browser.goto(&forge.page("/ann/anvil/settings/plugins")).unwrap();
    browser.choose_file("#component-file", &component).unwrap();
    browser.wait_for("the component is chosen", "return document.querySelector('#component')?.value.startsWith('sha256:')").unwrap();
    press_button(&browser, "Install");
    browser.wait_for_text("What it may do").unwrap();
    browser.wait_for_text("None yet").unwrap();
    page_is_sound(&browser, "an installed plugin").unwrap();

    let git = &forge.git;
    let dir = git.init("anvil").unwrap();
    let title = "x".repeat(200);
    git.commit(&dir, "a.txt", "a\n", &title).unwrap();
    let refused = git.fails(&dir, &["push", &forge.remote("ann/anvil"), "main"]).unwrap();
    assert!(refused.contains("commit-message"), "{refused}");
    browser.goto(&forge.page("/ann/anvil/settings/plugins")).unwrap();
    browser.wait_for_text("Rejected").unwrap();
    page_is_clean(&browser, "a verdict").unwrap();
    browser.screenshot("plugin-verdict").unwrap();
}

#[test]
fn a_plugin_is_upgraded_with_consent_and_goes_back_on_the_page() {
    let (forge, browser) = forge::with_anvil().unwrap();
    let git = &forge.git;
    let dir = git.init("anvil").unwrap();
    let push = |name: &str| git.run(&dir, &["push", &forge.remote("ann/anvil"), &format!("main:{name}")]).unwrap();
    let (older, newer) = (git.path("older.wasm"), git.path("newer.wasm"));
    std::fs::write(&older, component("accept")).unwrap();
    std::fs::write(&newer, crate::plugins::newer()).unwrap();
    browser.goto(&forge.page("/ann/anvil/settings/plugins")).unwrap();
    browser.choose_file("#component-file", &older).unwrap();
    browser.wait_for("the component is chosen", "return document.querySelector('#component')?.value.startsWith('sha256:')").unwrap();
    press_button(&browser, "Install");
    let open = || {
        let script = "const d = document.querySelector('details.plugin-edit'); if (d) d.open = true; return !!d";
        browser.wait_for("the versions", script).unwrap();
    };
    open();
    browser.wait_for_element("input[id^=upgrade-]").unwrap();
    page_is_sound(&browser, "versions").unwrap();
    assert!(push("a").ok);
    browser.choose_file("input[id^=upgrade-]", &newer).unwrap();
    browser.wait_for_text("Read its configuration").unwrap();
    assert!(push("b").ok, "nothing is changed before consent");
    press_button(&browser, "Allow this and upgrade");
    browser.wait_for_text("now runs 2.0.0").unwrap();
    assert!(push("c").stderr.contains("nothing may be pushed here"));
    open();
    press_button(&browser, "Go back");
    browser.wait_for_element("dialog[open]").unwrap();
    press_button(&browser, "Go back");
    browser.wait_for_text("runs 1.0.0 again").unwrap();
    assert!(push("d").ok);
}
