//! What is set of a webhook. Secret and header are never shown again: what is left empty stays as it is.

use std::collections::BTreeMap;

use hardie_api_types::hook::{CreateHookOption, EditHookOption, Hook};
use leptos::prelude::*;

use crate::parts::field::{CheckField, SelectField, TextField};
use crate::parts::form::Submit;

/// Events that are told, and when each is.
const EVENTS: [(&str, &str); 7] = [
    ("push", "A branch or tag moved or was made"),
    ("create", "A branch or tag was made"),
    ("delete", "A branch or tag is gone"),
    ("repository", "The repository was made, changed, moved or deleted"),
    ("release", "A release came out, was changed or is gone"),
    ("fork", "The repository was forked"),
    ("status", "A check said what it found of a commit"),
];

/// The form's values.
#[derive(Clone, Copy)]
pub struct Fields {
    url: RwSignal<String>,
    content_type: RwSignal<String>,
    secret: RwSignal<String>,
    authorization: RwSignal<String>,
    branches: RwSignal<String>,
    active: RwSignal<bool>,
    events: [RwSignal<bool>; EVENTS.len()],
    /// Names of events that this form does not know, kept as they are.
    others: StoredValue<Vec<String>>,
    /// What it was before, if there is one.
    is_new: bool,
    signed: bool,
}

impl Fields {
    /// Fields whose errors the form shows at them.
    pub const SHOWN: &'static [&'static str] = &["config.url", "config.secret", "authorization_header", "branch_filter"];

    /// Of a webhook, or of one to be made.
    pub fn new(hook: Option<&Hook>) -> Fields {
        let config = |name: &str| hook.and_then(|hook| hook.config.get(name).cloned());
        let told = |event: &str| hook.map_or(event == "push", |hook| hook.events.iter().any(|name| name == event));
        let known = |name: &str| EVENTS.iter().any(|(event, _)| *event == name);
        let others = hook.map_or_else(Vec::new, |hook| hook.events.iter().filter(|name| !known(name)).cloned().collect());
        Fields {
            url: RwSignal::new(config("url").unwrap_or_default()),
            content_type: RwSignal::new(config("content_type").unwrap_or_else(|| "json".to_owned())),
            secret: RwSignal::new(String::new()),
            authorization: RwSignal::new(String::new()),
            branches: RwSignal::new(hook.map(|hook| hook.branch_filter.clone()).unwrap_or_default()),
            active: RwSignal::new(hook.is_none_or(|hook| hook.active)),
            events: EVENTS.map(|(event, _)| RwSignal::new(told(event))),
            others: StoredValue::new(others),
            is_new: hook.is_none(),
            signed: hook.is_some_and(|hook| hook.signed),
        }
    }

    fn config(&self) -> BTreeMap<String, String> {
        let given = [("url", self.url.get_untracked().trim().to_owned()), ("content_type", self.content_type.get_untracked())];
        let secret = Some(("secret", self.secret.get_untracked())).filter(|(_, secret)| !secret.is_empty());
        given.into_iter().chain(secret).map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn names(&self) -> Vec<String> {
        let chosen = EVENTS.iter().zip(self.events).filter(|(_, chosen)| chosen.get_untracked()).map(|((event, _), _)| (*event).to_owned());
        chosen.chain(self.others.get_value()).collect()
    }

    /// Whether something is told, which the server would take for `push` if it were not.
    pub fn is_told(&self, submit: Submit) -> bool {
        let told = !self.names().is_empty();
        if !told {
            submit.refuse("events", "Choose at least one event.");
        }
        told
    }

    /// To make one.
    pub fn create(&self) -> CreateHookOption {
        CreateHookOption {
            kind: "gitea".to_owned(),
            config: self.config(),
            events: self.names(),
            branch_filter: self.branches.get_untracked().trim().to_owned(),
            authorization_header: self.authorization.get_untracked(),
            active: self.active.get_untracked(),
        }
    }

    /// To change it.
    pub fn edit(&self) -> EditHookOption {
        EditHookOption {
            config: self.config(),
            events: Some(self.names()),
            branch_filter: Some(self.branches.get_untracked().trim().to_owned()),
            authorization_header: Some(self.authorization.get_untracked()).filter(|header| !header.is_empty()),
            active: Some(self.active.get_untracked()),
        }
    }

    /// Forgets what is not shown again.
    pub fn forget(&self) {
        self.secret.set(String::new());
        self.authorization.set(String::new());
    }
}

/// The inputs.
#[component]
pub fn HookFields(fields: Fields, submit: Submit) -> impl IntoView {
    let kinds = [("json", "JSON"), ("form", "A form with the JSON in its field payload")];
    let kinds: Vec<_> = kinds.map(|(value, label)| (value.to_owned(), label.to_owned())).into();
    let secret_hint = match (fields.is_new, fields.signed) {
        (true, _) => "Requests are signed with it, so that the receiver knows that they are ours. It is not shown again.",
        (false, true) => "Requests are signed. Leave it empty to keep the secret that there is.",
        (false, false) => "Requests are not signed yet. It is not shown again.",
    };
    let header_hint = if fields.is_new {
        "Sent as the header Authorization, such as Bearer and a token. It is not shown again."
    } else {
        "Leave it empty to keep what there is. It is given anew with an address of another host."
    };
    let events = EVENTS
        .iter()
        .zip(fields.events)
        .map(|((event, when), chosen)| view! { <CheckField name=format!("event-{event}") label=*event value=chosen hint=*when/> })
        .collect_view();
    view! {
        <TextField name="config.url" label="Address" value=fields.url kind="url" required=true max=2000 failure=submit.failure()
            hint="Where requests go, such as https://ci.example.org/hook"/>
        <SelectField name="content_type" label="Requests hold" value=fields.content_type options=kinds/>
        <TextField name="config.secret" label="Secret (optional)" value=fields.secret kind="password" autocomplete="new-password" max=500 failure=submit.failure() hint=secret_hint/>
        <TextField name="authorization_header" label="Authorization (optional)" value=fields.authorization kind="password" autocomplete="new-password" max=4000 failure=submit.failure()
            hint=header_hint/>
        <TextField name="branch_filter" label="Branches (optional)" value=fields.branches max=1000 failure=submit.failure()
            hint="Such as main, or {main,release/*}. Without it, all branches and tags are told."/>
        <fieldset class="field choices"><legend>"Events"</legend>{events}</fieldset>
        <CheckField name="active" label="Active" value=fields.active hint="Switching it off keeps what is set here."/>
    }
}
