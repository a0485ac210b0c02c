//! Rules over branches.

use hardie_api_types::branch::{BranchProtection, BranchProtectionOption};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::repos;
use crate::load::{Load, load};
use crate::pages::repo::use_repo;
use crate::parts::confirm::ConfirmButton;
use crate::parts::empty::Empty;
use crate::parts::field::{CheckField, TextField};
use crate::parts::form::{Form, Submit};
use crate::parts::icon::{Icon, Sign};
use crate::parts::skeleton;
use crate::state::toasts::use_toasts;

/// The rules, and a form for another.
#[component]
pub fn Protections() -> impl IntoView {
    let repo = use_repo();
    let rules = load(move || repo.address(), |address| async move { repos::protections(&address).await });
    view! {
        <h2>"Branch protection"</h2>
        <p class="muted">"A rule guards the branches that it covers against rewriting and deletion. The default branch can never be deleted."</p>
        {rules.view(|| skeleton::rows(2), move |found| {
            if found.is_empty() {
                return view! { <Empty sign=Sign::Shield title="No branch is protected"><p class="muted">"Add a rule below."</p></Empty> }.into_any();
            }
            let rows = found.into_iter().map(|rule| view! { <Row rule=rule rules=rules/> }).collect_view();
            view! { <ul class="box rows">{rows}</ul> }.into_any()
        })}
        {rules.below(move || view! { <Add rules=rules/> }.into_any())}
    }
}

/// A rule in words.
fn words(rule: &BranchProtection) -> String {
    let force = if rule.enable_force_push { "History may be rewritten" } else { "History cannot be rewritten" };
    let delete = if rule.enable_delete { "may be deleted" } else { "cannot be deleted" };
    format!("{force} · {delete}")
}

#[component]
fn Row(rule: BranchProtection, rules: Load<Vec<BranchProtection>>) -> impl IntoView {
    let repo = use_repo();
    let toasts = use_toasts();
    let name = StoredValue::new(rule.rule_name.clone());
    let told = words(&rule);
    let remove = move || {
        spawn_local(async move {
            match repos::remove_protection(&repo.address(), &name.get_value()).await {
                Ok(_) => toasts.done("Rule removed."),
                Err(failure) => toasts.failed(failure.message),
            }
            rules.retry();
        });
    };
    let editing = RwSignal::new(false);
    let held = StoredValue::new(rule.clone());
    view! {
        <li class="item-block">
            <div class="item-row">
                <Icon sign=Sign::Shield/>
                <div class="item-main"><p><code dir="auto">{rule.rule_name.clone()}</code></p><p class="muted small">{told}</p></div>
                <button class="button small-button" type="button" aria-expanded=move || editing.get().to_string() on:click=move |_| editing.update(|on| *on = !*on)>"Edit"</button>
                <ConfirmButton label="Remove" title="Remove this rule?" quiet=true on_confirm=remove
                    explain=format!("Branches that match “{}” are no longer protected by it.", rule.rule_name)/>
            </div>
            <Show when=move || editing.get()><Edit rule=held.get_value() rules=rules/></Show>
        </li>
    }
}

/// The switches of a rule.
#[derive(Clone, Copy)]
struct Choices {
    force: RwSignal<bool>,
    delete: RwSignal<bool>,
}

impl Choices {
    fn new(rule: Option<&BranchProtection>) -> Choices {
        Choices {
            force: RwSignal::new(rule.is_some_and(|rule| rule.enable_force_push)),
            delete: RwSignal::new(rule.is_some_and(|rule| rule.enable_delete)),
        }
    }

    fn options(&self) -> BranchProtectionOption {
        BranchProtectionOption {
            enable_force_push: Some(self.force.get_untracked()),
            enable_delete: Some(self.delete.get_untracked()),
            ..BranchProtectionOption::default()
        }
    }
}

/// `place` tells the inputs of several forms on one page apart.
#[component]
fn ChoiceFields(choices: Choices, place: String) -> impl IntoView {
    view! {
        <CheckField name=format!("{place}-force") label="History may be rewritten" value=choices.force hint="Allows force pushes that drop commits."/>
        <CheckField name=format!("{place}-delete") label="May be deleted" value=choices.delete/>
    }
}

#[component]
fn Edit(rule: BranchProtection, rules: Load<Vec<BranchProtection>>) -> impl IntoView {
    let repo = use_repo();
    let toasts = use_toasts();
    let choices = Choices::new(Some(&rule));
    let submit = Submit::new();
    let place = format!("rule-{}", crate::text::encode_segment(&rule.rule_name));
    let save = move || {
        let (address, options, name) = (repo.address(), choices.options(), rule.rule_name.clone());
        submit.run(async move { repos::edit_protection(&address, &name, &options).await }, move |_| {
            toasts.done("Rule saved.");
            rules.retry();
        });
    };
    view! { <Form submit=submit on_submit=save action="Save rule"><ChoiceFields choices=choices place=place/></Form> }
}

#[component]
fn Add(rules: Load<Vec<BranchProtection>>) -> impl IntoView {
    let repo = use_repo();
    let toasts = use_toasts();
    let name = RwSignal::new(String::new());
    let choices = Choices::new(None);
    let submit = Submit::new();
    let add = move || {
        let options = BranchProtectionOption { rule_name: Some(name.get_untracked().trim().to_owned()), ..choices.options() };
        let address = repo.address();
        submit.run(async move { repos::add_protection(&address, &options).await }, move |_| {
            name.set(String::new());
            toasts.done("Rule added.");
            rules.retry();
        });
    };
    view! {
        <section class="card">
            <h3>"Add a rule"</h3>
            <Form submit=submit on_submit=add action="Add rule" fields=&["rule_name"]>
                <TextField name="rule_name" label="Branch or pattern" value=name required=true max=200 failure=submit.failure() hint="Such as main, or release/*"/>
                <ChoiceFields choices=choices place="new".to_owned()/>
            </Form>
        </section>
    }
}
