//! The few things that only a browser can do, each with an answer for a browser that refuses.

use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlElement, HtmlTextAreaElement, ScrollIntoViewOptions, ScrollLogicalPosition};

/// Milliseconds since 1970.
pub fn now() -> i64 {
    // Whole milliseconds far below 2^53.
    js_sys::Date::now() as i64
}

/// Milliseconds since 1970 of an RFC 3339 text, by the browser's own parser; `None` for the API's word for never.
pub fn moment(text: &str) -> Option<i64> {
    let milliseconds = js_sys::Date::parse(text);
    // A date before the year 2 is what Gitea's clients know as "never".
    (milliseconds.is_finite() && !text.starts_with("0001-")).then_some(milliseconds as i64)
}

/// A moment in the reader's own time zone and habits, for titles.
pub fn local_time(milliseconds: i64) -> String {
    let date = js_sys::Date::new(&JsValue::from_f64(milliseconds as f64));
    date.to_locale_string("default", &JsValue::UNDEFINED).into()
}

/// RFC 3339 for the API.
pub fn rfc3339(milliseconds: i64) -> String {
    js_sys::Date::new(&JsValue::from_f64(milliseconds as f64)).to_iso_string().into()
}

/// A day in the reader's own habits.
pub fn local_date(milliseconds: i64) -> String {
    let date = js_sys::Date::new(&JsValue::from_f64(milliseconds as f64));
    let style = js_sys::Object::new();
    // Setting a property of a fresh object cannot fail.
    let _ = js_sys::Reflect::set(&style, &"dateStyle".into(), &"long".into());
    date.to_locale_date_string("default", &style).into()
}

/// In lower case, by the browser's tables: Rust's own would be ten kilobytes of the bundle.
pub fn lower_case(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}

/// A remembered setting; `None` also where storage is blocked.
pub fn remembered(key: &str) -> Option<String> {
    window().local_storage().ok().flatten()?.get_item(key).ok().flatten()
}

/// Remembers a setting, or forgets it. Blocked storage only means asking again next time.
pub fn remember(key: &str, value: Option<&str>) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = match value {
            Some(value) => storage.set_item(key, value),
            None => storage.remove_item(key),
        };
    }
}

/// Puts a text on the clipboard. Browsers offer the modern way only on secure origins, so a selection is the second way.
pub async fn copy(text: &str) -> bool {
    let navigator = window().navigator();
    let offered = js_sys::Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|clipboard| !clipboard.is_undefined());
    if offered && JsFuture::from(navigator.clipboard().write_text(text)).await.is_ok() {
        return true;
    }
    copy_by_selection(text).unwrap_or(false)
}

fn copy_by_selection(text: &str) -> Option<bool> {
    let area = document().create_element("textarea").ok()?.dyn_into::<HtmlTextAreaElement>().ok()?;
    area.set_value(text);
    area.set_class_name("offscreen");
    document().body()?.append_child(&area).ok()?;
    area.select();
    let command = js_sys::Reflect::get(&document(), &"execCommand".into()).ok()?;
    let done = command.dyn_ref::<js_sys::Function>()?.call1(&document(), &"copy".into()).ok();
    area.remove();
    done.and_then(|done| done.as_bool())
}

/// Brings the chosen entry of a row that scrolls sideways into sight. Waits until the row is in the page.
pub fn reveal(selector: &'static str) {
    leptos::prelude::request_animation_frame(move || {
        if let Ok(Some(element)) = document().query_selector(selector) {
            let options = ScrollIntoViewOptions::new();
            options.set_block(ScrollLogicalPosition::Nearest);
            element.scroll_into_view_with_scroll_into_view_options(&options);
        }
    });
}

/// Gives the keyboard to an element.
pub fn focus(selector: &str) {
    if let Ok(Some(element)) = document().query_selector(selector)
        && let Some(element) = element.dyn_ref::<HtmlElement>()
    {
        let _ = element.focus();
    }
}
