//! Keys whose signatures under plugins count.

use hardie_api_types::publisher::{CreatePublisherOption, Publisher};
use leptos::prelude::*;

use crate::api::publishers;
use crate::load::{Again, load};
use crate::parts::confirm::ConfirmButton;
use crate::parts::empty::Empty;
use crate::parts::field::{AreaField, TextField};
use crate::parts::form::{Form, Submit};
use crate::parts::icon::{Icon, Sign};
use crate::parts::skeleton;
use crate::parts::time::Ago;
use crate::state::toasts::use_toasts;

/// The list, and a form for another.
#[component]
pub fn Publishers() -> impl IntoView {
    let found = load(|| (), |()| publishers::list());
    let again = found.again();
    view! {
        <h2>"Publishers"</h2>
        <p class="muted">"A publisher is a key that you trust. Its signature under a component says that somebody vouches for these very bytes."</p>
        {found.view(|| skeleton::rows(2), move |list| {
            if list.is_empty() {
                return view! {
                    <Empty sign=Sign::Shield title="No publisher is trusted yet">
                        <p class="muted">"Add a key below. Authors sign with " <code class="wrap">"ssh-keygen -Y sign -n hardie-plugin"</code> "."</p>
                    </Empty>
                }.into_any();
            }
            let rows = list.into_iter().map(|publisher| view! { <Row publisher=publisher again=again/> }).collect_view();
            view! { <ul class="box rows">{rows}</ul> }.into_any()
        })}
        {found.below(move || view! { <Add again=again/> }.into_any())}
    }
}

#[component]
fn Row(publisher: Publisher, again: Again) -> impl IntoView {
    let toasts = use_toasts();
    let removal = Submit::new();
    let id = publisher.id;
    let remove = move || {
        removal.run(publishers::remove(id), move |_| {
            toasts.done("Publisher removed.");
            again.ask();
        });
    };
    view! {
        <li class="item-row">
            <Icon sign=Sign::Key/>
            <div class="item-main">
                <p><strong dir="auto">{publisher.name.clone()}</strong></p>
                <p class="small"><code class="wrap" title=publisher.key>{publisher.fingerprint}</code></p>
                <p class="muted small">"Trusted since " <Ago time=publisher.created_at/></p>
            </div>
            <ConfirmButton label="Withdraw" title=format!("Trust {} no longer?", publisher.name) quiet=true failure=removal.failure() on_confirm=remove
                explain="Its signatures count no more. What is installed keeps running, but where signatures are required it cannot be switched on or changed."/>
        </li>
    }
}

#[component]
fn Add(again: Again) -> impl IntoView {
    let toasts = use_toasts();
    let name = RwSignal::new(String::new());
    let key = RwSignal::new(String::new());
    let submit = Submit::new();
    let add = move || {
        let options = CreatePublisherOption { name: name.get_untracked().trim().to_owned(), key: key.get_untracked().trim().to_owned() };
        submit.run(async move { publishers::add(&options).await }, move |added| {
            name.set(String::new());
            key.set(String::new());
            toasts.done(format!("{} is trusted.", added.name));
            again.ask();
        });
    };
    view! {
        <section class="card">
            <h3>"Trust a publisher"</h3>
            <Form submit=submit on_submit=add action="Trust publisher" fields=&["name", "key"]>
                <TextField name="name" label="Name" value=name required=true max=64 failure=submit.failure()
                    hint="What you call them: letters, digits, hyphen, underscore, dot."/>
                <AreaField name="key" label="Public key" value=key rows=3 required=true failure=submit.failure()
                    hint="One line, as in ~/.ssh/id_ed25519.pub. Ed25519 only."/>
            </Form>
        </section>
    }
}
