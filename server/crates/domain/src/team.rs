//! What a team of an organisation gives its members. Each part of a repository (a "unit", in Gitea's words) has a level of its own.
//! Of the parts that there are, this server has the code; levels of the others are kept and given back.

use crate::access::Role;
use crate::error::Invalid;

/// The code: git itself, contents, settings.
pub const CODE: &str = "repo.code";

/// Gitea's names of all parts, in the order of the names.
pub const UNITS: [&str; 10] = [
    "repo.actions",
    CODE,
    "repo.ext_issues",
    "repo.ext_wiki",
    "repo.issues",
    "repo.packages",
    "repo.projects",
    "repo.pulls",
    "repo.releases",
    "repo.wiki",
];

/// The name of the team that every organisation has.
pub const OWNERS: &str = "Owners";

/// The word for a team as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TeamPermission {
    /// Owns the organisation: the one team that is always there.
    Owner,
    /// Administers every part.
    Admin,
    /// What the units say, and the word under which they were given; `None` if they give nothing.
    Units(Option<Role>),
}

impl TeamPermission {
    /// Gitea's word: `owner`, `admin`, `write`, `read` or `none`.
    pub fn as_str(self) -> &'static str {
        match self {
            TeamPermission::Owner => "owner",
            TeamPermission::Admin => "admin",
            TeamPermission::Units(level) => level_word(level),
        }
    }

    /// The reverse of [`TeamPermission::as_str`].
    pub fn parse(word: &str) -> Option<TeamPermission> {
        match word {
            "owner" => Some(TeamPermission::Owner),
            "admin" => Some(TeamPermission::Admin),
            word => parse_level(word).map(TeamPermission::Units),
        }
    }
}

/// The word for a level: `none`, `read`, `write`, `admin`.
pub fn level_word(level: Option<Role>) -> &'static str {
    level.map_or("none", Role::as_str)
}

/// The reverse of [`level_word`].
pub fn parse_level(word: &str) -> Option<Option<Role>> {
    match word {
        "none" => Some(None),
        word => Role::parse(word).map(Some),
    }
}

/// What a team gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TeamAccess {
    /// The word for the whole.
    pub permission: TeamPermission,
    /// A level for each of [`UNITS`].
    levels: [Option<Role>; UNITS.len()],
}

/// What somebody asks a team to give; absent parts are as the words say.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// `read`, `write` or `admin`.
    pub permission: Option<&'a str>,
    /// Names of units that have the permission; all of them if empty.
    pub units: &'a [String],
    /// A level for each unit by its name, in place of `units`; units that are not named have none.
    pub units_map: &'a [(String, String)],
}

impl TeamAccess {
    /// That of the team whose members own the organisation.
    pub const OWNERS: TeamAccess = TeamAccess { permission: TeamPermission::Owner, levels: [Some(Role::Admin); UNITS.len()] };

    const ADMIN: TeamAccess = TeamAccess { permission: TeamPermission::Admin, levels: [Some(Role::Admin); UNITS.len()] };

    /// What a new team gives: to read everything, if nothing else is asked for.
    pub fn new(wanted: &Wanted<'_>) -> Result<TeamAccess, Invalid> {
        let reads = TeamAccess { permission: TeamPermission::Units(Some(Role::Read)), levels: [Some(Role::Read); UNITS.len()] };
        reads.changed(wanted)
    }

    /// What it gives after a change. A permission alone is given to the units that have one.
    pub fn changed(self, wanted: &Wanted<'_>) -> Result<TeamAccess, Invalid> {
        let permission = match wanted.permission {
            None => None,
            Some(word) => Some(Role::parse(word).ok_or_else(|| Invalid::new("permission", "must be read, write or admin"))?),
        };
        if permission == Some(Role::Admin) {
            return Ok(TeamAccess::ADMIN);
        }
        if !wanted.units_map.is_empty() {
            return TeamAccess::of_map(wanted.units_map);
        }
        let now = match self.permission {
            TeamPermission::Owner | TeamPermission::Admin => Role::Admin,
            // What units have levels of their own has no one word: the least that gives anything.
            TeamPermission::Units(level) => level.unwrap_or(Role::Read),
        };
        let level = permission.unwrap_or(now);
        let mut levels = [None; UNITS.len()];
        for name in wanted.units {
            *place(&mut levels, name, "units")? = Some(level);
        }
        if wanted.units.is_empty() {
            if permission.is_none() {
                return Ok(self);
            }
            let had_none = self.levels.iter().all(Option::is_none);
            levels = self.levels.map(|had| (had_none || had.is_some()).then_some(level));
        }
        match level {
            // Administering some parts alone is what a map says.
            Role::Admin if levels.iter().any(Option::is_none) => Ok(TeamAccess { permission: word_of(&levels), levels }),
            Role::Admin => Ok(TeamAccess::ADMIN),
            level => Ok(TeamAccess { permission: TeamPermission::Units(Some(level)), levels }),
        }
    }

    fn of_map(map: &[(String, String)]) -> Result<TeamAccess, Invalid> {
        let mut levels = [None; UNITS.len()];
        for (name, word) in map {
            let level = parse_level(word).ok_or_else(|| Invalid::new("units_map", "levels are none, read, write and admin"))?;
            *place(&mut levels, name, "units_map")? = level;
        }
        Ok(TeamAccess { permission: word_of(&levels), levels })
    }

    /// As it was stored: the code's level, and `name=level` for the other units.
    pub fn from_stored<'a>(permission: TeamPermission, code: Option<Role>, others: impl Iterator<Item = &'a str>) -> Option<TeamAccess> {
        let mut levels = [None; UNITS.len()];
        for line in others {
            let (name, word) = line.split_once('=')?;
            *place(&mut levels, name, "units").ok()? = parse_level(word)?;
        }
        *place(&mut levels, CODE, "units").ok()? = code;
        Some(TeamAccess { permission, levels })
    }

    /// What members may do with the code.
    pub fn code(&self) -> Option<Role> {
        self.units().find(|(name, _)| *name == CODE).and_then(|(_, level)| level)
    }

    /// Each unit with its level.
    pub fn units(&self) -> impl Iterator<Item = (&'static str, Option<Role>)> + '_ {
        UNITS.into_iter().zip(self.levels)
    }
}

fn place<'l>(levels: &'l mut [Option<Role>; UNITS.len()], name: &str, field: &'static str) -> Result<&'l mut Option<Role>, Invalid> {
    let found = UNITS.iter().zip(levels).find(|(unit, _)| **unit == name).map(|(_, level)| level);
    let shown: String = name.chars().take(40).collect();
    found.ok_or_else(|| Invalid::new(field, format!("{shown:?} is no unit: there are {}", UNITS.join(", "))))
}

/// As Gitea has it, the least level that gives anything; never administration of the whole.
fn word_of(levels: &[Option<Role>]) -> TeamPermission {
    TeamPermission::Units(levels.iter().flatten().min().copied().map(|least| least.min(Role::Write)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted<'a>(permission: Option<&'a str>, units: &'a [String], units_map: &'a [(String, String)]) -> Wanted<'a> {
        Wanted { permission, units, units_map }
    }

    fn map(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, level)| ((*name).to_owned(), (*level).to_owned())).collect()
    }

    #[test]
    fn units_have_the_permission_that_they_are_listed_with_and_others_none() {
        let issues = ["repo.issues".to_owned()];
        let team = TeamAccess::new(&wanted(Some("write"), &issues, &[])).unwrap();
        assert_eq!((team.code(), team.permission.as_str()), (None, "write"));
        assert_eq!(team.units().filter(|(_, level)| *level == Some(Role::Write)).count(), 1);
        let all = TeamAccess::new(&wanted(Some("write"), &[], &[])).unwrap();
        assert!(all.units().all(|(_, level)| level == Some(Role::Write)));
        assert_eq!(TeamAccess::new(&Wanted::default()).unwrap().code(), Some(Role::Read));
    }

    #[test]
    fn a_map_gives_each_unit_its_own_and_never_all_of_administration() {
        let mixed = map(&[("repo.code", "admin"), ("repo.issues", "write"), ("repo.wiki", "none")]);
        let team = TeamAccess::new(&wanted(None, &[], &mixed)).unwrap();
        assert_eq!((team.code(), team.permission.as_str()), (Some(Role::Admin), "write"));
        let code = map(&[("repo.code", "admin")]);
        assert_eq!(TeamAccess::new(&wanted(None, &[], &code)).unwrap().permission.as_str(), "write");
        let nothing = map(&[("repo.code", "none")]);
        let team = TeamAccess::new(&wanted(Some("write"), &[], &nothing)).unwrap();
        assert_eq!((team.code(), team.permission.as_str()), (None, "none"));
    }

    #[test]
    fn a_permission_alone_is_given_to_the_units_that_have_one() {
        let code = ["repo.code".to_owned()];
        let reads = TeamAccess::new(&wanted(Some("read"), &code, &[])).unwrap();
        let writes = reads.changed(&wanted(Some("write"), &[], &[])).unwrap();
        assert_eq!(writes.units().filter(|(_, level)| level.is_some()).collect::<Vec<_>>(), [(CODE, Some(Role::Write))]);
        assert_eq!(writes.changed(&Wanted::default()).unwrap(), writes);
        let admin = reads.changed(&wanted(Some("admin"), &code, &[])).unwrap();
        assert!(admin.units().all(|(_, level)| level == Some(Role::Admin)));
        assert_eq!(admin.changed(&wanted(Some("read"), &[], &[])).unwrap().code(), Some(Role::Read));
        // Some units of what was an administrator's team: those alone.
        assert_eq!(admin.changed(&wanted(None, &code, &[])).unwrap().permission.as_str(), "write");
    }

    #[test]
    fn what_is_no_unit_or_no_level_is_refused_by_name() {
        let (units, levels) = (map(&[("repo.cde", "read")]), map(&[("repo.code", "owner")]));
        assert_eq!(TeamAccess::new(&wanted(None, &[], &units)).unwrap_err().field, "units_map");
        assert_eq!(TeamAccess::new(&wanted(None, &[], &levels)).unwrap_err().field, "units_map");
        assert_eq!(TeamAccess::new(&wanted(Some("read"), &["code".to_owned()], &[])).unwrap_err().field, "units");
        assert_eq!(TeamAccess::new(&wanted(Some("owner"), &[], &[])).unwrap_err().field, "permission");
    }

    #[test]
    fn what_is_stored_comes_back() {
        let mixed = map(&[("repo.code", "write"), ("repo.issues", "admin")]);
        let team = TeamAccess::new(&wanted(None, &[], &mixed)).unwrap();
        let lines: Vec<String> = team.units().filter(|(name, _)| *name != CODE).map(|(n, l)| format!("{n}={}", level_word(l))).collect();
        let read = TeamAccess::from_stored(team.permission, team.code(), lines.iter().map(String::as_str));
        assert_eq!(read, Some(team));
    }
}
