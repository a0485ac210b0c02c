//! Every page on a desk and on a phone, light and dark: nothing wrong with it, and a picture kept.

use super::checks::page_is_clean;
use super::chromium::Chromium;
use super::forge::{self, Forge};

/// Name of the picture, address, a text that is there when the page is.
const PAGES: &[(&str, &str, &str)] = &[
    ("dashboard", "/", "Your repositories"),
    ("explore", "/explore", "Explore repositories"),
    ("explore-nothing", "/explore?q=zzzzzz", "No repository matches"),
    ("new-repository", "/repo/create", "Create repository"),
    ("owner", "/ann", "Repositories"),
    ("code", "/ann/anvil", "README.md"),
    ("file", "/ann/anvil/src/branch/main/src/lib.rs#L2-L3", "lines"),
    ("readme", "/ann/anvil/src/branch/main/README.md", "Rendered"),
    ("blame", "/ann/anvil/blame/branch/main/src/lib.rs#L4", "2 commits"),
    ("search", "/ann/anvil/search?q=STRIKE", "pub fn"),
    ("search-nothing", "/ann/anvil/search?q=zzzzzz", "No line holds this text"),
    ("search-empty", "/ann/anvil/search", "Look for a text in the files"),
    ("commits", "/ann/anvil/commits", "Second"),
    ("branches", "/ann/anvil/branches", "3 behind"),
    ("tags", "/ann/anvil/tags", "v1.0"),
    ("empty", "/ann/empty", "Push the first commit"),
    ("settings", "/ann/anvil/settings", "Danger zone"),
    ("collaborators", "/ann/anvil/settings/collaborators", "Add a collaborator"),
    ("protection", "/ann/anvil/settings/branches", "Add a rule"),
    ("plugins", "/ann/anvil/settings/plugins", "Install a plugin"),
    ("profile", "/user/settings", "Save profile"),
    ("keys", "/user/settings/keys", "Add a key"),
    ("tokens", "/user/settings/tokens", "Make a token"),
    ("sessions", "/user/settings/sessions", "This browser"),
    ("password", "/user/settings/security", "Change password"),
    ("forgot", "/login/forgot", "This server sends no mail"),
    ("reset", "/login/reset?token=x", "Set the password"),
    ("verify", "/login/verify?token=x", "Yes, it is mine"),
    ("sign-up", "/login/sign-up?token=x", "Go on"),
    ("nowhere", "/ann/anvil/nowhere", "There is no page at this address"),
];

fn fill(forge: &Forge, browser: &Chromium, smuggled: &str) {
    forge::sign_in(browser, forge).unwrap();
    forge::create_repository(browser, forge, "anvil").unwrap();
    forge::create_repository(browser, forge, "empty").unwrap();
    let git = &forge.git;
    let dir = git.init("anvil").unwrap();
    let readme = "# Anvil\n\nA long line: `cargo run --release -- serve --data-dir /var/lib/anvil --and-more-that-does-not-fit-a-phone`\n\n\
                  | Tool | Price |\n| --- | --- |\n| Hammer | 12 |\n\n```rust\nfn main() { println!(\"a line of code that is a good deal wider than the screen of a phone\"); }\n```\n\n";
    git.commit(&dir, "README.md", &format!("{readme}{smuggled}\n"), "Second: a description").unwrap();
    git.commit(&dir, "src/lib.rs", "//! A tool.\n\npub fn strike() -> u32 {\n    42 // blows\n}\n", "Strike\n\nWith a body that says why.")
        .unwrap();
    git.ok(&dir, &["branch", "topic/bellows"]).unwrap();
    let tool = "//! A tool.\n\npub fn strike() -> u32 {\n    43 // blows, of which the last one is told at a length that no phone shows in one line of its screen\n}\n";
    git.commit(&dir, "src/lib.rs", tool, "One more: a title that goes on for long enough to be cut in the column beside the lines")
        .unwrap();
    git.commit(&dir, &format!("{}.txt", "long-name-".repeat(12)), "x\n", "A long name").unwrap();
    git.commit(&dir, "שלום.txt", "rtl\n", "שלום: right to left").unwrap();
    git.ok(&dir, &["tag", "-a", "v1.0", "-m", "First release"]).unwrap();
    git.ok(&dir, &["push", "--quiet", &forge.remote("ann/anvil"), "main", "topic/bellows", "v1.0"]).unwrap();
}

#[test]
fn every_page_is_clean_on_desk_and_phone_in_light_and_dark() {
    let forge = Forge::start().unwrap();
    let browser = Chromium::start().unwrap();
    browser.screen(1280, 900, false).unwrap();
    fill(&forge, &browser, "");
    look_at(&browser, &forge, PAGES);
}

/// What a first visit of any page loads may not be more, in bytes as they are sent.
const BUDGET: u64 = 350_000;

/// What the page that is there has fetched of the bundle, as it is sent, whether or not the browser had it already. A debug bundle has no compressed forms and
/// is not held to anything.
const LOADED: &str = "const files = [...new Map(performance.getEntriesByType('resource').filter(entry => entry.name.includes('/-/ui/')).map(entry => [entry.name, entry])).values()]; \
                      const page = performance.getEntriesByType('navigation')[0]; \
                      const shipped = [page, ...files].every(entry => entry.encodedBodySize <= entry.decodedBodySize) && page.encodedBodySize < page.decodedBodySize; \
                      return [shipped, page.encodedBodySize + files.reduce((sum, entry) => sum + entry.encodedBodySize, 0), files.length]";

/// Each page in both colours on both screens: its name for the picture, its address, a text that is there when the page is.
pub fn look_at(browser: &Chromium, forge: &Forge, pages: &[(&str, &str, &str)]) {
    let mut wrong = Vec::new();
    for (width, height) in [(1280, 900), (390, 844)] {
        for dark in [false, true] {
            browser.screen(width, height, dark).unwrap();
            for (name, path, text) in pages {
                let what = format!("{name}-{width}-{}", if dark { "dark" } else { "light" });
                // A fresh document each time: the same address with another hash would only scroll.
                browser.goto("about:blank").unwrap();
                browser.goto(&forge.page(path)).unwrap();
                browser.wait_for_text(text).unwrap();
                if let Err(error) = page_is_clean(browser, &what) {
                    wrong.push(error.to_string());
                }
                let loaded = browser.script(LOADED, &[]).unwrap();
                let bytes = loaded[1].as_u64().unwrap_or(u64::MAX);
                println!("{what}: {loaded}");
                if loaded[0] == true && bytes > BUDGET {
                    wrong.push(format!("{what}: loads {bytes} bytes"));
                }
                browser.screenshot(&what).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_page_of_320_pixels_does_not_scroll_sideways() {
    let forge = Forge::start().unwrap();
    let browser = Chromium::start().unwrap();
    browser.screen(1280, 900, false).unwrap();
    fill(&forge, &browser, "");
    browser.screen(320, 640, false).unwrap();
    for path in [
        "/",
        "/ann/anvil",
        "/ann/anvil/commits",
        "/ann/anvil/settings",
        "/ann/anvil/src/branch/main/README.md",
        "/ann/anvil/blame/branch/main/src/lib.rs",
        "/ann/anvil/search?q=blows",
        "/user/settings/tokens",
    ] {
        browser.goto(&forge.page(path)).unwrap();
        browser.wait_for("the page is there", "return document.querySelector('h1') && !document.querySelector('.skeleton')").unwrap();
        let width = browser.script("return document.documentElement.scrollWidth", &[]).unwrap();
        assert!(width.as_u64().unwrap() <= 320, "{path}: {width}");
    }
}

#[test]
fn what_a_readme_smuggles_in_does_not_run() {
    let forge = Forge::start().unwrap();
    let browser = Chromium::start().unwrap();
    fill(&forge, &browser, "<script>document.title = 'owned'</script><img src=x onerror=\"document.title = 'owned'\">");
    browser.goto(&forge.page("/ann/anvil")).unwrap();
    browser.wait_for_element(".readme .prose table").unwrap();
    assert_ne!(browser.script("return document.title", &[]).unwrap(), "owned");
    assert_eq!(browser.script("return document.querySelectorAll('.prose script, .prose [onerror]').length", &[]).unwrap(), 0);
    // And were it to come through the sanitiser, the page's own policy stops it.
    let script = "const s = document.createElement('script'); s.textContent = 'document.title = \"owned\"'; document.body.append(s); return document.title";
    assert_ne!(browser.script(script, &[]).unwrap(), "owned");
}
