//! Signing in.

use leptos::prelude::*;

use crate::api::identity;
use crate::nav::use_nav;
use crate::parts::field::{CodeField, TextField};
use crate::parts::form::{Form, Submit};
use crate::routes;
use crate::state::{title, use_session};

/// The page at `/user/login`.
#[component]
pub fn LoginPage() -> impl IntoView {
    title::set("Sign in");
    let nav = use_nav();
    let session = use_session();
    let username = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let code = RwSignal::new(String::new());
    let submit = Submit::new();
    // Only what this server does: mails for passwords that were forgotten, and sign-ups.
    let offers = Memo::new(move |_| session.settings().map_or((false, false), |settings| (settings.mail, settings.sign_up)));
    let send = move || {
        let (name, secret) = (username.get_untracked().trim().to_owned(), password.get_untracked());
        submit.run(identity::sign_in(name, secret, code.get_untracked()), move |signed_in| {
            let wanted = nav.query("redirect_to");
            nav.replace(routes::after_login(&wanted));
            session.began(signed_in.user);
        });
    };
    view! {
        <div class="page narrow">
            <section class="card sign-in">
                <h1>"Sign in"</h1>
                <Form submit=submit on_submit=send fields=&["code"] action=Signal::derive(move || if submit.is_busy() { "Signing in…".to_owned() } else { "Sign in".to_owned() })>
                    <TextField name="username" label="User name" value=username autocomplete="username" required=true autofocus=true max=100/>
                    <TextField name="password" label="Password" value=password kind="password" autocomplete="current-password" required=true max=1000/>
                    <CodeField value=code failure=submit.failure()/>
                </Form>
            </section>
            <p class="small center"><a href="/login/passkey" rel="external">"Sign in with a passkey"</a></p>
            <p class="small center">
                {move || offers.get().0.then(|| view! { <a href="/login/forgot" rel="external">"Forgot your password?"</a> })}
                {move || (offers.get() == (true, true)).then_some(" · ")}
                {move || offers.get().1.then(|| view! { <a href="/login/sign-up" rel="external">"No account yet?"</a> })}
            </p>
            <p class="muted small center">"Git asks for the same name, with a password or an access token."</p>
        </div>
    }
}
