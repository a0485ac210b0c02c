//! How much may be kept: for a repository and for an owner, each kind of content by itself.

use std::fmt;

/// What takes room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Packs.
    Git,
    /// Objects of Git LFS.
    Lfs,
    /// Files of releases.
    Assets,
}

impl Content {
    /// All of them.
    pub const ALL: [Content; 3] = [Content::Git, Content::Lfs, Content::Assets];

    /// The word in the API, the configuration and the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Content::Git => "git",
            Content::Lfs => "lfs",
            Content::Assets => "assets",
        }
    }
}

/// What an administrator set for one repository or one owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bound {
    /// Nothing: that of the site counts.
    #[default]
    Site,
    /// No bound, whatever the site's is.
    Unlimited,
    /// So many bytes.
    Bytes(u64),
}

impl Bound {
    /// As it is stored and as the API has it: nothing, -1 or bytes. `None` for any other number.
    pub fn from_number(number: Option<i64>) -> Option<Bound> {
        match number {
            None => Some(Bound::Site),
            Some(-1) => Some(Bound::Unlimited),
            Some(bytes) => u64::try_from(bytes).ok().map(Bound::Bytes),
        }
    }

    /// See [`Bound::from_number`].
    pub fn number(self) -> Option<i64> {
        match self {
            Bound::Site => None,
            Bound::Unlimited => Some(-1),
            Bound::Bytes(bytes) => Some(i64::try_from(bytes).unwrap_or(i64::MAX)),
        }
    }

    /// Bytes, under the bound of the site; `None` for no bound.
    pub fn under(self, site: Option<u64>) -> Option<u64> {
        match self {
            Bound::Site => site,
            Bound::Unlimited => None,
            Bound::Bytes(bytes) => Some(bytes),
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bound::Site => f.write_str("the site's"),
            Bound::Unlimited => f.write_str("unlimited"),
            Bound::Bytes(bytes) => write!(f, "{bytes} bytes"),
        }
    }
}

/// Something for each kind of content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerContent<T> {
    /// Of packs.
    pub git: T,
    /// Of objects of Git LFS.
    pub lfs: T,
    /// Of files of releases.
    pub assets: T,
}

impl<T: Copy> PerContent<T> {
    /// That of one kind.
    pub fn of(&self, content: Content) -> T {
        match content {
            Content::Git => self.git,
            Content::Lfs => self.lfs,
            Content::Assets => self.assets,
        }
    }
}

/// What an administrator set for one repository or one owner.
pub type Bounds = PerContent<Bound>;

/// Bytes of each kind that are there.
pub type Usage = PerContent<u64>;

/// `[quotas]`: what counts where nothing else was set. `None` is no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SiteQuotas {
    /// Of each repository.
    pub per_repository: PerContent<Option<u64>>,
    /// Of all repositories of one user or organisation together.
    pub per_owner: PerContent<Option<u64>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_a_number_and_back() {
        for bound in [Bound::Site, Bound::Unlimited, Bound::Bytes(0), Bound::Bytes(7)] {
            assert_eq!(Bound::from_number(bound.number()), Some(bound));
        }
        assert_eq!(Bound::from_number(Some(-2)), None);
    }

    #[test]
    fn what_was_set_counts_before_the_sites() {
        assert_eq!(Bound::Site.under(Some(5)), Some(5));
        assert_eq!(Bound::Unlimited.under(Some(5)), None);
        assert_eq!(Bound::Bytes(9).under(Some(5)), Some(9));
    }
}
