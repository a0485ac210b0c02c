//! What holds on every page: for people who see it, hear it, or use only the keyboard.

use anyhow::ensure;

use super::chromium::Chromium;

/// Everything that a script can find wrong with the page as it is; one line each.
const AUDIT: &str = r#"
const wrong = [];
const seen = element => element.getClientRects().length > 0 && getComputedStyle(element).visibility !== 'hidden';
const say = (what, element) => wrong.push(what + ': ' + element.outerHTML.slice(0, 140));
const name = element => {
  const by = id => (document.getElementById(id)?.textContent || '').trim();
  const labelled = (element.getAttribute('aria-labelledby') || '').split(' ').map(by).join(' ').trim();
  const label = element.labels?.length ? [...element.labels].map(l => l.textContent).join(' ').trim() : '';
  return element.getAttribute('aria-label')?.trim() || labelled || label || element.textContent.trim() || element.getAttribute('title') || element.getAttribute('alt') || '';
};

const scroller = document.documentElement;
if (scroller.scrollWidth > window.innerWidth) {
  const wide = [...document.querySelectorAll('main *')].find(e => e.getBoundingClientRect().right > window.innerWidth + 1);
  wrong.push('the page scrolls sideways: ' + scroller.scrollWidth + ' > ' + window.innerWidth + ' ' + (wide ? wide.outerHTML.slice(0, 140) : ''));
}
if (!document.documentElement.lang) wrong.push('the page has no language');
if (!document.title) wrong.push('the page has no title');
const own = selector => [...document.querySelectorAll(selector)].filter(e => !e.closest('.prose'));
if (own('h1').length !== 1) wrong.push('there are ' + own('h1').length + ' level-one headings');
for (const landmark of ['header', 'main', 'footer']) if (document.querySelectorAll('body > ' + landmark).length !== 1) wrong.push('not one ' + landmark);
const navs = [...document.querySelectorAll('nav')].map(name_of => name_of.getAttribute('aria-label'));
if (navs.some(n => !n)) wrong.push('a nav without a name');

const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) wrong.push('the id ' + id + ' occurs twice');
for (const element of document.querySelectorAll('input, select, textarea, button, a[href], summary, [role=region]')) {
  if (seen(element) && !element.closest('.prose') && !name(element)) say('no accessible name', element);
}
for (const image of document.querySelectorAll('img:not([alt])')) say('an image without a text', image);
for (const element of document.querySelectorAll('[aria-describedby]')) {
  for (const id of element.getAttribute('aria-describedby').split(' ')) if (id && !document.getElementById(id)) say('described by nothing', element);
}
for (const element of document.querySelectorAll('[tabindex]')) if (element.tabIndex > 0) say('a tab order of its own', element);

// Contrast of text (WCAG 2.2, 1.4.3): 4.5, or 3 for large text.
const parse = colour => { const n = colour.match(/[\d.]+/g).map(Number); return { r: n[0], g: n[1], b: n[2], a: n[3] ?? 1 }; };
const over = (top, under) => ({ r: top.r * top.a + under.r * (1 - top.a), g: top.g * top.a + under.g * (1 - top.a), b: top.b * top.a + under.b * (1 - top.a), a: 1 });
const ground = element => {
  const layers = [];
  for (let e = element; e; e = e.parentElement) {
    const colour = parse(getComputedStyle(e).backgroundColor);
    if (colour.a > 0) layers.push(colour);
    if (colour.a === 1) break;
  }
  return layers.reverse().reduce((under, top) => over(top, under), { r: 255, g: 255, b: 255, a: 1 });
};
const light = c => { const f = v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }; return 0.2126 * f(c.r) + 0.7152 * f(c.g) + 0.0722 * f(c.b); };
const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node; (node = walker.nextNode());) {
  const element = node.parentElement;
  if (!node.data.trim() || !seen(element) || element.closest('.offscreen, :disabled, [aria-hidden=true], .disabled, dialog:not([open])')) continue;
  const style = getComputedStyle(element);
  if (parseFloat(style.fontSize) === 0) continue;
  const under = ground(element);
  const ratio = contrast(over(parse(style.color), under), under);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  if (ratio < (large ? 3 : 4.5)) say('contrast ' + ratio.toFixed(2) + ' of ' + JSON.stringify(node.data.trim().slice(0, 30)), element);
}
return wrong;
"#;

/// How far the page jumped after its first paint, as Chromium counts it.
const SHIFT: &str = r#"
const observer = new PerformanceObserver(() => {});
observer.observe({ type: 'layout-shift', buffered: true });
return observer.takeRecords().filter(entry => !entry.hadRecentInput).reduce((sum, entry) => sum + entry.value, 0);
"#;

/// A page that was just loaded: it did not jump, it is accessible as far as a script can tell, and the console is silent.
pub fn page_is_clean(browser: &Chromium, what: &str) -> anyhow::Result<()> {
    page_is_sound(browser, what)?;
    let shift = browser.script(SHIFT, &[])?.as_f64().unwrap_or_default();
    ensure!(shift <= 0.02, "{what}: the page jumps by {shift:.3} after its first paint");
    Ok(())
}

/// The same after something was done on it, when what was made may push the rest down.
pub fn page_is_sound(browser: &Chromium, what: &str) -> anyhow::Result<()> {
    browser.wait_for(&format!("{what}: no placeholder any more"), "return !document.querySelector('.skeleton')")?;
    let wrong = browser.script(AUDIT, &[])?;
    let wrong: Vec<&str> = wrong.as_array().map(|list| list.iter().filter_map(|line| line.as_str()).collect()).unwrap_or_default();
    ensure!(wrong.is_empty(), "{what}:\n  {}", wrong.join("\n  "));
    console_is_silent(browser, what)
}

/// No error and no warning since the last look; a failed request is one.
pub fn console_is_silent(browser: &Chromium, what: &str) -> anyhow::Result<()> {
    let console = browser.console()?;
    ensure!(console.is_empty(), "{what}: the console says\n  {}", console.join("\n  "));
    Ok(())
}

/// Tabs through the page: each stop can be seen to have the focus. Gives back how many stops there were.
pub fn focus_is_visible(browser: &Chromium, what: &str, stops: usize) -> anyhow::Result<usize> {
    const TAB: &str = "\u{E004}";
    let script = r#"
        const e = document.activeElement;
        if (!e || e === document.body) return '';
        const style = getComputedStyle(e);
        const visible = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
        const box = e.getBoundingClientRect();
        return (visible && box.width > 0 ? 'yes ' : 'no ') + e.outerHTML.slice(0, 120);
    "#;
    let mut reached = 0;
    for _ in 0..stops {
        browser.press(&[TAB])?;
        let focus = browser.script(script, &[])?;
        match focus.as_str().unwrap_or_default() {
            "" => break,
            focus => ensure!(focus.starts_with("yes "), "{what}: the focus cannot be seen on {focus}"),
        }
        reached += 1;
    }
    Ok(reached)
}
