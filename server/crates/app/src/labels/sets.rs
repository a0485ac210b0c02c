//! Sets of labels that the server offers to begin with, under Gitea's names.

/// A label of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetLabel {
    /// Its name.
    pub name: &'static str,
    /// Six hexadecimal digits.
    pub color: &'static str,
    /// A few words.
    pub description: &'static str,
    /// Of those whose names are alike up to the last slash, one thing has one at most.
    pub exclusive: bool,
}

const fn plain(name: &'static str, color: &'static str, description: &'static str) -> SetLabel {
    SetLabel { name, color, description, exclusive: false }
}

const fn scoped(name: &'static str, color: &'static str, description: &'static str) -> SetLabel {
    SetLabel { name, color, description, exclusive: true }
}

const DEFAULT: &[SetLabel] = &[
    plain("bug", "ee0701", "Something is not working"),
    plain("duplicate", "cccccc", "This is there already"),
    plain("enhancement", "84b6eb", "New feature"),
    plain("help wanted", "128a0c", "Need some help"),
    plain("invalid", "e6e6e6", "Something is wrong"),
    plain("question", "cc317c", "More information is needed"),
    plain("wontfix", "ffffff", "This will not be fixed"),
];

const ADVANCED: &[SetLabel] = &[
    scoped("Kind/Bug", "ee0701", "Something is not working"),
    scoped("Kind/Documentation", "37474f", "Documentation changes"),
    scoped("Kind/Enhancement", "84b6eb", "Improves what is there"),
    scoped("Kind/Feature", "0288d1", "New functionality"),
    scoped("Kind/Security", "9c27b0", "This is a security issue"),
    scoped("Kind/Testing", "795548", "Issue or pull request related to testing"),
    scoped("Priority/Critical", "b71c1c", "The priority is critical"),
    scoped("Priority/High", "d32f2f", "The priority is high"),
    scoped("Priority/Medium", "e64a19", "The priority is medium"),
    scoped("Priority/Low", "4caf50", "The priority is low"),
    scoped("Reviewed/Confirmed", "795548", "Issue has been confirmed"),
    scoped("Reviewed/Duplicate", "616161", "This is there already"),
    scoped("Reviewed/Invalid", "546e7a", "Invalid issue"),
    scoped("Reviewed/Won't Fix", "eeeeee", "This will not be fixed"),
    plain("Status/Abandoned", "222222", "Somebody has started to work on this and left it"),
    plain("Status/Blocked", "880e4f", "Something blocks this"),
    plain("Status/Need More Info", "424242", "Feedback is needed to go on"),
    plain("Compat/Breaking", "c62828", "Breaks what used to work"),
];

/// All sets by name.
pub const SETS: &[(&str, &[SetLabel])] = &[("Advanced", ADVANCED), ("Default", DEFAULT)];

/// The labels of a set.
pub fn label_set(name: &str) -> Option<&'static [SetLabel]> {
    SETS.iter().find(|(known, _)| *known == name).map(|(_, labels)| *labels)
}

#[cfg(test)]
mod tests {
    use super::super::rules;
    use super::SETS;

    #[test]
    fn every_label_of_every_set_could_be_made() {
        for (set, labels) in SETS {
            for label in *labels {
                assert_eq!(rules::name(label.name).unwrap(), label.name, "{set}");
                assert_eq!(rules::color(label.color).unwrap(), label.color, "{set}");
                assert_eq!(rules::description(label.description).unwrap(), label.description, "{set}");
                assert!(!label.exclusive || label.name.contains('/'), "{}", label.name);
            }
        }
    }
}
