//! The web UI: one page, rendered in the browser, over the public API only.
//!
//! Must not know: anything of the server but the bodies in `hardie-api-types`. API addresses live in [`api`], page
//! addresses in [`routes`]; nowhere else is an address put together.
//! Start reading at [`app`], then [`routes`] for what pages there are.

mod api;
mod app;
mod browser;
mod keys;
mod lazy;
mod load;
mod markup;
mod nav;
mod pages;
mod parts;
mod routes;
mod state;
mod text;

fn main() {
    leptos::mount::mount_to_body(app::App);
}
