//! Where the requests of a plugin may go.

use hardie_api_types::plugin::{EditInstallationOption, PluginInstallation};
use leptos::prelude::*;

use super::use_place;
use crate::api::plugins;
use crate::load::Again;
use crate::parts::field::AreaField;
use crate::parts::form::{Form, Submit};
use crate::parts::icon::{Icon, Sign};
use crate::state::toasts::use_toasts;
use crate::state::use_session;

/// The list, and a form that changes it.
#[component]
pub fn Hosts(installation: PluginInstallation, again: Again) -> impl IntoView {
    let place = use_place();
    let toasts = use_toasts();
    let id = installation.id;
    let hosts = RwSignal::new(installation.hosts.join("\n"));
    let submit = Submit::new();
    let save = move || {
        let hosts = hosts.get_untracked().lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        let options = EditInstallationOption { hosts: Some(hosts), ..EditInstallationOption::default() };
        let place = place.get();
        submit.run(async move { plugins::edit(&place, id, &options).await }, move |_| {
            toasts.done("Hosts saved.");
            again.ask();
        });
    };
    let rows = installation
        .hosts
        .iter()
        .map(|host| view! { <li><Icon sign=Sign::Link/><code class="wrap">{host.clone()}</code></li> })
        .collect_view();
    let hint = match use_session().is_admin_now() {
        true => {
            "One a line: https://hooks.example.org, perhaps with methods before it: POST https://hooks.example.org. The server's configuration must allow it, too."
        }
        false => "One a line. You can take hosts away; an administrator of the server grants them.",
    };
    view! {
        <section class="card">
            <h3>"Hosts"</h3>
            {match installation.hosts.is_empty() {
                true => view! { <p class="muted">"It can send requests to no host: none was granted."</p> }.into_any(),
                false => view! { <p class="muted">"It can send requests to these, and to no others."</p><ul class="rights">{rows}</ul> }.into_any(),
            }}
            <details class="plugin-edit">
                <summary>"Change hosts"</summary>
                <Form submit=submit on_submit=save action="Save hosts" fields=&["hosts"]>
                    <AreaField name="hosts" label="Hosts" value=hosts rows=4 hint=hint failure=submit.failure()/>
                </Form>
            </details>
        </section>
    }
}
