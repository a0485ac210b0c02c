//! What is set of a team: one level for all units, or one for each.

use std::collections::BTreeMap;

use hardie_api_types::team::Team;
use leptos::prelude::*;

use crate::parts::field::{CheckField, SelectField, TextField};
use crate::parts::form::Submit;

/// Units as the API names them, and for people. The first is the one that this server has.
const UNITS: [(&str, &str); 10] = [
    ("repo.code", "Code"),
    ("repo.releases", "Releases"),
    ("repo.issues", "Issues"),
    ("repo.pulls", "Pull requests"),
    ("repo.wiki", "Wiki"),
    ("repo.packages", "Packages"),
    ("repo.projects", "Projects"),
    ("repo.actions", "Actions"),
    ("repo.ext_issues", "External issues"),
    ("repo.ext_wiki", "External wiki"),
];
const LEVELS: [(&str, &str); 4] = [("none", "Nothing"), ("read", "Read"), ("write", "Write"), ("admin", "Administer")];
/// In place of a level: each unit has its own.
const BY_UNIT: &str = "units";

/// The form's values.
#[derive(Clone, Copy)]
pub struct Fields {
    name: RwSignal<String>,
    description: RwSignal<String>,
    level: RwSignal<String>,
    units: [RwSignal<String>; UNITS.len()],
    /// Reaches every repository.
    pub all: RwSignal<bool>,
    /// Its members may make repositories.
    pub create: RwSignal<bool>,
}

impl Fields {
    /// Fields whose errors the form shows at them.
    pub const SHOWN: &'static [&'static str] = &["name", "description"];

    /// Of a team, or of one to be made.
    pub fn new(team: Option<&Team>) -> Fields {
        let level = |unit: &str| team.map_or("read", |team| team.units_map.get(unit).map_or("none", String::as_str)).to_owned();
        // All units have the level of the first, or each its own.
        let first = level("repo.code");
        let same = team.is_none_or(|team| team.permission == first && UNITS.iter().all(|(unit, _)| level(unit) == first));
        Fields {
            name: RwSignal::new(team.map(|team| team.name.clone()).unwrap_or_default()),
            description: RwSignal::new(team.map(|team| team.description.clone()).unwrap_or_default()),
            level: RwSignal::new(if same { first } else { BY_UNIT.to_owned() }),
            units: UNITS.map(|(unit, _)| RwSignal::new(level(unit))),
            all: RwSignal::new(team.is_some_and(|team| team.includes_all_repositories)),
            create: RwSignal::new(team.is_some_and(|team| team.can_create_org_repo)),
        }
    }

    /// The name.
    pub fn name(&self) -> String {
        self.name.get_untracked().trim().to_owned()
    }

    /// The line about it.
    pub fn description(&self) -> String {
        self.description.get_untracked().trim().to_owned()
    }

    /// Administration is a word of its own: it is also of units to come.
    pub fn permission(&self) -> Option<String> {
        Some(self.level.get_untracked()).filter(|level| level == "admin")
    }

    /// The level of each unit, unless the team administers.
    pub fn units(&self) -> Option<BTreeMap<String, String>> {
        let level = self.level.get_untracked();
        let of = |unit: RwSignal<String>| if level == BY_UNIT { unit.get_untracked() } else { level.clone() };
        (level != "admin").then(|| UNITS.iter().zip(self.units).map(|((name, _), unit)| ((*name).to_owned(), of(unit))).collect())
    }
}

fn options(levels: &[(&str, &str)]) -> Vec<(String, String)> {
    levels.iter().map(|(value, label)| ((*value).to_owned(), (*label).to_owned())).collect()
}

/// The inputs.
#[component]
pub fn TeamFields(fields: Fields, submit: Submit) -> impl IntoView {
    let levels = [&LEVELS[..], &[(BY_UNIT, "A level for each unit")]].concat();
    let by_unit = Memo::new(move |_| fields.level.get() == BY_UNIT);
    view! {
        <TextField name="name" label="Name" value=fields.name required=true max=40 failure=submit.failure()/>
        <TextField name="description" label="Description (optional)" value=fields.description max=255 failure=submit.failure()/>
        <SelectField name="level" label="Its members may" value=fields.level options=options(&levels)
            hint="In the repositories that it reaches. Who may more by other means keeps that."/>
        <Show when=move || by_unit.get()>
            <div class="field-pair">
                {UNITS.iter().zip(fields.units).map(|((name, label), value)| view! { <SelectField name=*name label=*label value=value options=options(&LEVELS)/> }).collect_view()}
            </div>
            <p class="hint">"The code is what counts today: git, files, releases, settings. The others are kept for what is to come."</p>
        </Show>
        <CheckField name="includes-all" label="Reaches every repository" value=fields.all hint="Those to come too. Otherwise it reaches those that it is given."/>
        <CheckField name="can-create" label="May make repositories" value=fields.create hint="Its members may make repositories here, and administer what they made."/>
    }
}
