//! Labels and milestones.

use serde::{Deserialize, Serialize};

use crate::Time;

/// A label (`GET R/labels`, `R/labels/{id}`, `GET /orgs/{org}/labels`, `/orgs/{org}/labels/{id}`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Label {
    /// Its id.
    pub id: i64,
    /// Its name, unique in the repository or organisation without case.
    pub name: String,
    /// `00aabb`: red, green and blue in hexadecimal digits.
    pub color: String,
    /// A few words; may be empty.
    pub description: String,
    /// Whether of the labels whose names are alike up to the last slash one thing has one at most.
    pub exclusive: bool,
    /// Whether it is given to nothing new.
    pub is_archived: bool,
    /// Its address in the API.
    pub url: String,
}

/// `POST R/labels`, `POST /orgs/{org}/labels`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CreateLabelOption {
    /// Its name, unique in the repository or organisation without case.
    pub name: String,
    /// `#00aabb`, or three digits, with `#` or without.
    pub color: String,
    /// A few words; may be empty.
    pub description: String,
    /// Whether of the labels whose names are alike up to the last slash one thing has one at most.
    pub exclusive: bool,
    /// Whether it is given to nothing new.
    pub is_archived: bool,
}

/// `PATCH R/labels/{id}`, `PATCH /orgs/{org}/labels/{id}`: only what is present changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct EditLabelOption {
    /// Another name.
    pub name: Option<String>,
    /// `#00aabb`, or three digits, with `#` or without.
    pub color: Option<String>,
    /// A few words; may be empty.
    pub description: Option<String>,
    /// Whether of the labels whose names are alike up to the last slash one thing has one at most.
    pub exclusive: Option<bool>,
    /// Whether it is given to nothing new.
    pub is_archived: Option<bool>,
}

/// A label of a set (`GET /label/templates/{name}`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LabelTemplate {
    /// Its name.
    pub name: String,
    /// `00aabb`: red, green and blue in hexadecimal digits.
    pub color: String,
    /// A few words.
    pub description: String,
    /// Whether of the labels whose names are alike up to the last slash one thing has one at most.
    pub exclusive: bool,
}

/// A milestone (`GET R/milestones`, `R/milestones/{id}`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Milestone {
    /// Its id.
    pub id: i64,
    /// Its title, unique in the repository without case.
    pub title: String,
    /// What it is about; may be empty.
    pub description: String,
    /// `open` or `closed`.
    pub state: String,
    /// Kept for Gitea's clients; 0.
    pub open_issues: i64,
    /// Kept for Gitea's clients; 0.
    pub closed_issues: i64,
    /// When it was made.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Option<Time>,
    /// When it was closed; `null` while it is open.
    pub closed_at: Option<Time>,
    /// By when it is to be done; `null` if nobody said so.
    pub due_on: Option<Time>,
}

/// `POST R/milestones`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CreateMilestoneOption {
    /// Its title, unique in the repository without case.
    pub title: String,
    /// What it is about; may be empty.
    pub description: String,
    /// By when it is to be done.
    pub due_on: Option<Time>,
    /// `open` (if empty) or `closed`.
    pub state: String,
}

/// `PATCH R/milestones/{id}`: only what is present changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct EditMilestoneOption {
    /// Another title.
    pub title: Option<String>,
    /// What it is about; may be empty.
    pub description: Option<String>,
    /// By when it is to be done; [`Time::never`] for no such day.
    pub due_on: Option<Time>,
    /// `open` or `closed`.
    pub state: Option<String>,
}
