//! The pages of plugins: what they were told of events, their hosts, secrets and logs; and publishers.

use serde_json::{Value, json};

use super::checks::{console_is_silent, focus_is_visible, page_is_clean, page_is_sound};
use super::chromium::Chromium;
use super::forge::{self, Forge};
use super::owner_plugins;
use super::settings::press_button;
use super::wire;
use crate::support::component;

/// Asks the API as ann, who administers the server.
pub fn api(forge: &Forge, method: &str, path: &str, body: &[u8], kind: &str) -> Value {
    let auth = format!("Basic {}", forge.git.basic_auth().unwrap());
    let headers = [("content-type", kind), ("authorization", auth.as_str())];
    let answer = wire::ask(&forge.front().unwrap(), method, &format!("/api/v1{path}"), &headers, body).unwrap();
    assert!(answer.status < 300, "{method} {path}: {} {}", answer.status, answer.text());
    serde_json::from_slice(&answer.body).unwrap_or(Value::Null)
}

/// Installs a fixture that is told of pushes; its id. The event of the repository's creation has its place by then, or the fixture would be told
/// of it, too.
fn installed(forge: &Forge, browser: &Chromium, fixture: &str, name: &str) -> i64 {
    let look = "window.looking ??= fetch('/api/v1/repos/ann/anvil/events').then(answer => answer.json()).then(events => { \
                window.logged = events.length > 0; window.looking = null; }); return !!window.logged";
    browser.wait_for("the repository's creation is in the log", look).unwrap();
    let uploaded = api(forge, "POST", "/plugins/components", &component(fixture), "application/wasm");
    let new = json!({ "digest": uploaded["digest"], "name": name }).to_string();
    let made = api(forge, "POST", "/repos/ann/anvil/plugins", new.as_bytes(), "application/json");
    let id = made["id"].as_i64().unwrap();
    let kinds = json!({ "kinds": ["push"] }).to_string();
    api(forge, "PATCH", &format!("/repos/ann/anvil/plugins/{id}/events"), kinds.as_bytes(), "application/json");
    id
}

/// Pushes to a branch of its own.
fn push(forge: &Forge, branch: &str) {
    let git = &forge.git;
    let dir = git.path("anvil");
    let dir = if dir.is_dir() { dir } else { git.init("anvil").unwrap() };
    git.commit(&dir, &format!("{branch}.txt"), "one\n", "One").unwrap();
    git.ok(&dir, &["push", "--quiet", &forge.remote("ann/anvil"), &format!("HEAD:refs/heads/{branch}")]).unwrap();
}

/// Has the page refresh itself until it shows the text: what it is about happens behind it. Not at every look, or an answer would never be the last one
/// that was asked for.
pub fn shows(browser: &Chromium, address: &str, text: &str) {
    let script = format!(
        "if (document.body.innerText.includes({text})) return true; \
         if (performance.now() - (window.lastAsked || 0) < 1000) return false; \
         window.lastAsked = performance.now(); \
         [...document.querySelectorAll('main button')].find(b => b.innerText.trim() === 'Refresh')?.click(); return false",
        text = json!(text)
    );
    browser.goto(address).unwrap();
    browser.wait_for(&format!("{text} at {address}"), &script).unwrap();
}

pub fn confirm(browser: &Chromium, title: &str) {
    let open = format!("return document.querySelector('dialog[open] h2')?.innerText === {}", json!(title));
    browser.wait_for(&format!("the question {title}"), &open).unwrap();
    browser.click("dialog[open] button[type=submit]").unwrap();
}

#[test]
fn deliveries_are_looked_at_filtered_and_had_again_on_the_page() {
    let (forge, browser) = forge::with_anvil().unwrap();
    let id = installed(&forge, &browser, "event-permanent", "gives-up");
    push(&forge, "main");
    push(&forge, "second");
    let all = forge.page(&format!("/ann/anvil/settings/plugins/{id}/deliveries"));
    let two = "return [...document.querySelectorAll('.item-row .badge-bad')].filter(b => b.innerText === 'Given up').length === 2";
    shows(&browser, &all, "2 given up");
    browser.wait_for("both are given up", two).unwrap();
    page_is_sound(&browser, "deliveries").unwrap();
    assert!(focus_is_visible(&browser, "deliveries", 30).unwrap() > 15);

    browser.click(".filters a[href$='state=done']").unwrap();
    browser.wait_for_text("No delivery is in this state").unwrap();
    browser.click(".filters a[href$='state=dead']").unwrap();
    browser.wait_for("both are listed", two).unwrap();

    browser.click(".item-row a").unwrap();
    browser.wait_for_text("refs/heads/second").unwrap();
    browser.wait_for_text("instructions").unwrap();
    page_is_sound(&browser, "a delivery").unwrap();
    let delivery = browser.address().unwrap().rsplit('/').next().unwrap().to_owned();
    press_button(&browser, "Deliver again");
    confirm(&browser, "Deliver 1 event again?");
    browser.wait_for_text("It is delivered again").unwrap();
    let tried = || api(&forge, "GET", &format!("/repos/ann/anvil/plugins/{id}/deliveries/{delivery}"), b"", "application/json");
    shows(&browser, &browser.address().unwrap(), "Given up");
    assert_eq!(tried()["state"], "dead");

    browser.goto(&all).unwrap();
    browser.wait_for("both are listed", two).unwrap();
    browser
        .wait_for("the form can be opened", "const d = document.querySelector('details.plugin-edit'); if (d) d.open = true; return !!d")
        .unwrap();
    browser.fill("#from", "1").unwrap();
    press_button(&browser, "Count them");
    browser.wait_for_text("2 deliveries would begin anew").unwrap();
    // Another range has another number, and nothing is sent with the old one.
    browser.fill("#from", "999999").unwrap();
    browser.wait_for("the number is gone", "return !document.body.innerText.includes('would begin anew')").unwrap();
    press_button(&browser, "Count them");
    browser.wait_for_text("Nothing in this range").unwrap();
    browser.fill("#from", "1").unwrap();
    press_button(&browser, "Count them");
    browser.wait_for_text("2 deliveries would begin anew").unwrap();
    press_button(&browser, "Deliver 2 again");
    confirm(&browser, "Deliver 2 events again?");
    browser.wait_for_text("2 deliveries begun anew").unwrap();
    console_is_silent(&browser, "deliveries").unwrap();
}

#[test]
fn a_plugin_is_paused_and_resumed_on_the_page_and_what_waited_is_skipped() {
    let (forge, browser) = forge::with_anvil().unwrap();
    let id = installed(&forge, &browser, "event-write", "writer");
    let all = forge.page(&format!("/ann/anvil/settings/plugins/{id}/deliveries"));
    browser.goto(&all).unwrap();
    browser.wait_for_text("Nothing was delivered yet").unwrap();
    press_button(&browser, "Pause");
    confirm(&browser, "Pause this plugin?");
    browser.wait_for_text("held for it until it is switched on").unwrap();
    push(&forge, "main");
    shows(&browser, &all, "1 delivery waiting");
    page_is_sound(&browser, "a plugin that is paused").unwrap();
    press_button(&browser, "Skip what waits");
    confirm(&browser, "Skip 1 delivery?");
    browser.wait_for_text("Skipped").unwrap();
    browser.wait_for_text("0 deliveries waiting").unwrap();
    press_button(&browser, "Resume");
    browser.wait_for_text("It is told of what happens, in order").unwrap();
    push(&forge, "second");
    shows(&browser, &all, "Handled");
}

#[test]
fn a_secret_is_set_replaced_and_removed_on_the_page_which_never_shows_it() {
    let (forge, browser) = forge::with_anvil().unwrap();
    let id = installed(&forge, &browser, "event-write", "writer");
    let page = forge.page(&format!("/ann/anvil/settings/plugins/{id}/secrets"));
    browser.goto(&page).unwrap();
    browser.wait_for_text("No secret is set").unwrap();
    page_is_clean(&browser, "no secret").unwrap();
    let value = format!("spoken {}", "softly");
    let set = |destination: &str, header: &str| {
        browser.fill("#destination", destination).unwrap();
        browser.fill("#header", header).unwrap();
        browser.fill("#value", &value).unwrap();
        press_button(&browser, "Set secret");
    };
    browser.fill("#name", "chat").unwrap();
    set("https://chat.example", "authorization");
    browser.wait_for_text("Secret chat set").unwrap();
    browser.wait_for_text("In the header authorization").unwrap();
    page_is_sound(&browser, "a secret").unwrap();
    press_button(&browser, "Replace");
    browser
        .wait_for(
            "the form has its name",
            "return document.querySelector('#name').value === 'chat' && document.activeElement.id === 'value'",
        )
        .unwrap();
    set("https://other.example", "x-room");
    browser.wait_for_text("https://other.example").unwrap();
    browser.wait_for_text("In the header x-room").unwrap();
    let told = api(&forge, "GET", &format!("/repos/ann/anvil/plugins/{id}/secrets"), b"", "application/json");
    assert_eq!((told.as_array().unwrap().len(), &told[0]["destination"]), (1, &json!("https://other.example")), "{told}");
    let holds = "return document.documentElement.outerHTML.includes(arguments[0]) || [...document.querySelectorAll('input')].some(i => i.value === arguments[0])";
    assert_eq!(browser.script(holds, &[json!(value)]).unwrap(), false);
    press_button(&browser, "Remove");
    confirm(&browser, "Remove chat?");
    browser.wait_for_text("No secret is set").unwrap();
    console_is_silent(&browser, "secrets").unwrap();

    // What is refused says why, at the field. (To the console it is an error.)
    browser.fill("#name", "chat").unwrap();
    set("ftp://chat.example", "");
    browser.wait_for("the destination is refused", "return document.querySelector('#destination-error')?.innerText").unwrap();
    // This server may send nowhere: nothing can be granted, and the page says so.
    browser
        .wait_for("the form can be opened", "const d = document.querySelector('details.plugin-edit'); if (d) d.open = true; return !!d")
        .unwrap();
    browser.fill("#hosts", "https://chat.example").unwrap();
    press_button(&browser, "Save hosts");
    browser.wait_for("the host is refused", "return document.querySelector('#hosts-error')?.innerText").unwrap();
}

#[test]
fn a_publisher_is_trusted_and_withdrawn_on_the_page() {
    let (forge, browser) = forge::with_anvil().unwrap();
    let key = forge.git.path("publisher");
    let made = forge.git.command("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", "publisher", "-f"]).arg(&key).output().unwrap();
    assert!(made.status.success(), "apt-get install openssh-client");
    browser.goto(&forge.page("/admin/publishers")).unwrap();
    browser.wait_for_text("No publisher is trusted yet").unwrap();
    page_is_clean(&browser, "no publisher").unwrap();
    browser.fill("#name", "smith").unwrap();
    browser.fill("#key", std::fs::read_to_string(key.with_extension("pub")).unwrap().trim()).unwrap();
    press_button(&browser, "Trust publisher");
    browser.wait_for_text("SHA256:").unwrap();
    page_is_sound(&browser, "a publisher").unwrap();
    assert_eq!(api(&forge, "GET", "/admin/publishers", b"", "application/json")[0]["name"], "smith");
    press_button(&browser, "Withdraw");
    confirm(&browser, "Trust smith no longer?");
    browser.wait_for_text("No publisher is trusted yet").unwrap();
    assert_eq!(api(&forge, "GET", "/admin/publishers", b"", "application/json"), json!([]));
    console_is_silent(&browser, "publishers").unwrap();
    browser.fill("#name", "smith").unwrap();
    browser.fill("#key", "no key").unwrap();
    press_button(&browser, "Trust publisher");
    browser.wait_for("it is refused", "return document.querySelector('#key-error')?.innerText").unwrap();
    // Who is not signed in is sent to do so, and back.
    let other = Chromium::start().unwrap();
    other.goto(&forge.page("/admin/publishers")).unwrap();
    other.wait_for("the sign-in page", "return location.href.includes('/user/login?redirect_to=%2Fadmin%2Fpublishers')").unwrap();
}

#[test]
fn every_page_of_plugins_is_clean_on_desk_and_phone_in_light_and_dark() {
    let (forge, browser) = forge::with_anvil().unwrap();
    let gives_up = installed(&forge, &browser, "event-permanent", "gives-up");
    let judge = installed_policy(&forge);
    let key = "an-example-of-a-destination-that-is-long.and-does-not-fit-the-screen-of-a-phone.example.org";
    let secret = json!({ "destination": format!("https://{key}"), "header": "authorization", "value": format!("spoken {}", "softly") });
    let place = format!("/repos/ann/anvil/plugins/{gives_up}");
    api(&forge, "PUT", &format!("{place}/secrets/chat"), secret.to_string().as_bytes(), "application/json");
    push(&forge, "main");
    let base = format!("/ann/anvil/settings/plugins/{gives_up}");
    shows(&browser, &forge.page(&format!("{base}/deliveries")), "1 given up");
    let smiths = owner_plugins::organisation(&forge);
    let list = api(&forge, "GET", &format!("{place}/deliveries"), b"", "application/json");
    let delivery = list[0]["id"].as_i64().unwrap();
    let pages = [
        ("plugins-installed", "/ann/anvil/settings/plugins".to_owned(), "Install a plugin"),
        ("plugin", base.clone(), "What it may do"),
        ("plugin-deliveries", format!("{base}/deliveries"), "Given up"),
        ("plugin-deliveries-none", format!("{base}/deliveries?state=done"), "No delivery is in this state"),
        ("plugin-delivery", format!("{base}/deliveries/{delivery}"), "refs/heads/main"),
        ("plugin-secrets", format!("{base}/secrets"), "Set a secret"),
        ("plugin-log", format!("/ann/anvil/settings/plugins/{judge}/log"), "Nothing was logged"),
        ("plugin-judge", format!("/ann/anvil/settings/plugins/{judge}"), "Accepted"),
        ("owner", "/smiths".to_owned(), "hammer"),
        ("owner-plugins", "/smiths/-/plugins".to_owned(), "asks"),
        ("owner-plugin", format!("/smiths/-/plugins/{smiths}"), "Asks others"),
        ("owner-plugins-none", "/ann/-/plugins".to_owned(), "No plugin is installed for all repositories"),
        ("admin-plugins", "/admin/plugins".to_owned(), "No plugin is installed for the whole site"),
        ("publishers", "/admin/publishers".to_owned(), "Trust a publisher"),
    ];
    let mut wrong = Vec::new();
    for (width, height) in [(1280, 900), (390, 844)] {
        for dark in [false, true] {
            browser.screen(width, height, dark).unwrap();
            for (name, path, text) in &pages {
                let what = format!("{name}-{width}-{}", if dark { "dark" } else { "light" });
                browser.goto("about:blank").unwrap();
                browser.goto(&forge.page(path)).unwrap();
                browser.wait_for_text(text).unwrap();
                if let Err(error) = page_is_clean(&browser, &what) {
                    wrong.push(error.to_string());
                }
                browser.screenshot(&what).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A policy that lets everything through; its id.
fn installed_policy(forge: &Forge) -> i64 {
    let uploaded = api(forge, "POST", "/plugins/components", &component("accept"), "application/wasm");
    let new = json!({ "digest": uploaded["digest"], "name": "judge" }).to_string();
    api(forge, "POST", "/repos/ann/anvil/plugins", new.as_bytes(), "application/json")["id"].as_i64().unwrap()
}
