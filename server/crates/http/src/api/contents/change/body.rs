//! What the requests that change files may say, read so that a body takes little more memory than its bytes.

use std::fmt;

use hardie_api_types::change::{ChangeFileOperation, CommitDateOptions, Identity};
use hardie_app::contents::MOST_FILES;
use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The fields of all of them. Not the types that describe them: serde keeps every value of a body for a field that is flattened, of
/// fields that nobody knows too.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Body {
    pub branch: Option<String>,
    pub new_branch: Option<String>,
    pub message: Option<String>,
    pub author: Option<Identity>,
    pub committer: Option<Identity>,
    pub dates: Option<CommitDateOptions>,
    pub signoff: Option<bool>,
    pub content: Option<String>,
    pub sha: Option<String>,
    pub from_path: Option<String>,
    /// One more than are allowed, if there are that many: then they are refused, and the others were passed over.
    #[serde(deserialize_with = "few")]
    pub files: Vec<ChangeFileOperation>,
    /// What Gitea has here and this server has not.
    pub force_push: Option<bool>,
}

fn few<'de, D: Deserializer<'de>>(list: D) -> Result<Vec<ChangeFileOperation>, D::Error> {
    list.deserialize_seq(Few)
}

struct Few;

impl<'de> Visitor<'de> for Few {
    type Value = Vec<ChangeFileOperation>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of files")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut files = Vec::new();
        while files.len() <= MOST_FILES {
            match list.next_element()? {
                Some(file) => files.push(file),
                None => return Ok(files),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;
    use hardie_api_types::change::{ChangeFilesOptions, CreateFileOptions, DeleteFileOptions, UpdateFileOptions};

    #[test]
    fn of_more_files_than_are_allowed_one_is_kept_to_tell() {
        for (count, kept) in [(0, 0), (MOST_FILES, MOST_FILES), (MOST_FILES + 1, MOST_FILES + 1), (100_000, MOST_FILES + 1)] {
            let files = vec!["{}"; count].join(",");
            let body: Body = parse(format!("{{\"files\":[{files}]}}").as_bytes()).unwrap();
            assert_eq!(body.files.len(), kept, "{count}");
        }
        assert!(parse::<Body>(b"{\"files\":[{},5]}").is_err() && parse::<Body>(b"{\"files\":[{},}").is_err());
    }

    #[test]
    fn every_field_that_is_described_is_read() {
        let described = [
            serde_json::to_value(CreateFileOptions::default()),
            serde_json::to_value(UpdateFileOptions::default()),
            serde_json::to_value(DeleteFileOptions::default()),
            serde_json::to_value(ChangeFilesOptions::default()),
        ];
        for described in described {
            for name in described.unwrap().as_object().unwrap().keys() {
                // No field takes a number: what is not read would be passed over.
                assert!(parse::<Body>(format!("{{\"{name}\":5}}").as_bytes()).is_err(), "{name}");
            }
        }
    }
}
