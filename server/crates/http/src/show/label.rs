//! Labels and milestones.

use hardie_api_types::label::{Label, LabelTemplate, Milestone};
use hardie_app::labels::{self, LabelPlace, SetLabel};
use hardie_app::milestones;

use crate::links::{Links, encode};

/// A label of this place.
pub fn label(links: &Links, place: &LabelPlace, label: &labels::Label) -> Label {
    let way = format!("labels/{}", label.id);
    let url = match place {
        LabelPlace::Repo(repo) => links.repo_api(repo, &way),
        LabelPlace::Org(name) => links.api(&format!("orgs/{}/{way}", encode(name.as_bytes()))),
    };
    Label {
        id: label.id.0,
        name: label.text.name.clone(),
        color: label.text.color.clone(),
        description: label.text.description.clone(),
        exclusive: label.text.exclusive,
        is_archived: label.archived_at.is_some(),
        url,
    }
}

/// A label that the server offers.
pub fn set_label(label: &SetLabel) -> LabelTemplate {
    let SetLabel { name, color, description, exclusive } = *label;
    LabelTemplate { name: name.to_owned(), color: color.to_owned(), description: description.to_owned(), exclusive }
}

/// A milestone.
pub fn milestone(milestone: milestones::Milestone) -> Milestone {
    Milestone {
        id: milestone.id.0,
        title: milestone.title,
        description: milestone.description,
        state: if milestone.closed_at.is_some() { "closed" } else { "open" }.to_owned(),
        open_issues: 0,
        closed_issues: 0,
        created_at: milestone.created_at.into(),
        updated_at: Some(milestone.updated_at.into()),
        closed_at: milestone.closed_at.map(Into::into),
        due_on: milestone.due_at.map(Into::into),
    }
}
