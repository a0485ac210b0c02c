//! Branches and tags in addresses: of one name, with slashes, and as older links write them.

use super::chromium::Chromium;
use super::forge::{self, Forge};

/// A tag and a branch named `v1` that differ, and a branch with a slash in its name.
fn start() -> (Forge, Chromium) {
    let (forge, browser) = forge::with_anvil().unwrap();
    let git = &forge.git;
    let dir = git.init("anvil").unwrap();
    git.commit(&dir, "src/tagged.txt", "tagged\n", "What was tagged").unwrap();
    git.ok(&dir, &["tag", "v1"]).unwrap();
    git.commit(&dir, "src/later.txt", "later\n", "What came later").unwrap();
    let refs = ["refs/heads/main", "refs/tags/v1", "HEAD:refs/heads/v1", "HEAD:refs/heads/feature/x"];
    git.ok(&dir, &[&["push", "--quiet", &forge.remote("ann/anvil")], &refs[..]].concat()).unwrap();
    (forge, browser)
}

#[test]
fn a_tag_and_a_branch_of_one_name_each_show_their_own() {
    let (forge, browser) = start();
    let sees = |path: &str, there: &str, absent: &str| {
        browser.goto(&forge.page(path)).unwrap();
        browser.wait_for_text(there).unwrap();
        let text = browser.script("return document.querySelector('main').innerText", &[]).unwrap();
        assert!(!text.as_str().unwrap().contains(absent), "{path} shows {absent}: {text}");
    };
    sees("/ann/anvil/src/tag/v1/src", "tagged.txt", "later.txt");
    let link = browser.script("return document.querySelector('.file-name a[href*=tagged]').getAttribute('href')", &[]).unwrap();
    assert_eq!(link, "/ann/anvil/src/tag/v1/src/tagged.txt");
    sees("/ann/anvil/commits/tag/v1", "What was tagged", "What came later");
    browser.goto(&forge.page("/ann/anvil/src/branch/v1/src")).unwrap();
    browser.wait_for_text("later.txt").unwrap();
}

#[test]
fn a_link_of_giteas_with_slashes_in_the_branch_leads_to_what_it_means() {
    let (forge, browser) = start();
    for (old, text, new) in [
        ("src/branch/feature/x", "README.md", "src/branch/feature%2Fx"),
        ("src/branch/feature/x/src/later.txt", "later", "src/branch/feature%2Fx/src/later.txt"),
        ("commits/branch/feature/x", "What came later", "commits/branch/feature%2Fx"),
    ] {
        browser.goto(&forge.page(&format!("/ann/anvil/{old}"))).unwrap();
        let there = format!("return location.href === {:?}", forge.page(&format!("/ann/anvil/{new}")));
        browser.wait_for(new, &there).unwrap();
        browser.wait_for_text(text).unwrap();
    }
    browser.goto(&forge.page("/ann/anvil/src/branch/nothing/x")).unwrap();
    browser.wait_for_text("There is nothing here").unwrap();
}

#[test]
fn the_clone_address_can_be_read_and_a_page_beyond_the_last_leads_back() {
    let (forge, browser) = start();
    for (width, least) in [(1280, 300), (390, 260)] {
        browser.screen(width, 844, false).unwrap();
        browser.goto(&forge.page("/ann/anvil")).unwrap();
        browser.wait_for_text("README.md").unwrap();
        browser.click(".toolbar-right .button.primary").unwrap();
        browser.wait_for_element(".copy-line input").unwrap();
        let field = browser.script("return document.querySelector('.copy-line input').getBoundingClientRect().width", &[]).unwrap();
        assert!(field.as_f64().unwrap() >= f64::from(least), "{field} of {width}");
        let right = browser.script(
            "const p = document.querySelector('.menu-panel').getBoundingClientRect(); return p.left >= 0 && p.right <= innerWidth",
            &[],
        );
        assert_eq!(right.unwrap(), true, "the panel is cut at {width}");
        // No cell of the list hides the end of its time.
        let cut = "return [...document.querySelectorAll('.file-time')].filter(e => e.scrollWidth > e.clientWidth).map(e => e.innerText)";
        assert_eq!(browser.script(cut, &[]).unwrap(), serde_json::json!([]));
        browser.screenshot(&format!("clone-{width}")).unwrap();
    }
    browser.goto(&forge.page("/ann/anvil/commits?page=99")).unwrap();
    browser.wait_for_text("To the first page").unwrap();
}

#[test]
fn a_deleted_repository_is_restored_on_its_owners_page() {
    let (forge, browser) = start();
    browser.goto(&forge.page("/ann")).unwrap();
    browser.wait_for_text("anvil").unwrap();
    let delete = "return fetch('/api/v1/repos/ann/anvil', { method: 'DELETE', headers: { 'x-hardie-csrf': '1' } }).then(a => a.status)";
    assert_eq!(browser.script(delete, &[]).unwrap(), 204);
    browser.goto("about:blank").unwrap();
    browser.goto(&forge.page("/ann")).unwrap();
    browser.wait_for_text("Deleted repositories").unwrap();
    browser.screenshot("deleted-1280").unwrap();
    browser.click("button[aria-label='Restore anvil']").unwrap();
    browser.wait_for_text("README.md").unwrap();
    assert_eq!(browser.address().unwrap(), forge.page("/ann/anvil"));
}
