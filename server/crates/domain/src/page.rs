//! Pages of a list, as Gitea's clients ask for them: `page` from 1, `limit` 30 by default and 50 at most.

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    number: u32,
    limit: u32,
}

impl Page {
    /// The number of items when nobody says otherwise.
    pub const DEFAULT_LIMIT: u32 = 30;
    /// The most items that one page holds.
    pub const MAX_LIMIT: u32 = 50;

    /// Clamps what a client asked for: zero or missing means the default.
    pub fn new(number: Option<u32>, limit: Option<u32>) -> Page {
        let limit = match limit {
            None | Some(0) => Self::DEFAULT_LIMIT,
            Some(n) => n.min(Self::MAX_LIMIT),
        };
        Page { number: number.unwrap_or(1).max(1), limit }
    }

    /// As [`Page::new`] with other bounds, for lists whose items are small, such as the entries of a folder.
    pub fn sized(number: Option<u32>, limit: Option<u32>, default: u32, most: u32) -> Page {
        let limit = limit.filter(|n| *n > 0).unwrap_or(default).min(most).max(1);
        Page { number: number.unwrap_or(1).max(1), limit }
    }

    /// The page number, from 1.
    pub fn number(self) -> u32 {
        self.number
    }

    /// Items on a page.
    pub fn limit(self) -> u32 {
        self.limit
    }

    /// Items before this page.
    pub fn offset(self) -> u64 {
        u64::from(self.number - 1) * u64::from(self.limit)
    }
}

/// One page and the number of items in the whole list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paged<T> {
    /// The items of this page; empty past the end.
    pub items: Vec<T>,
    /// Items in the whole list.
    pub total: u64,
}

impl<T> Paged<T> {
    /// Converts each item, keeping the total.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Paged<U> {
        Paged { items: self.items.into_iter().map(f).collect(), total: self.total }
    }
}

#[cfg(test)]
mod tests {
    use super::Page;

    #[test]
    fn requests_are_clamped() {
        assert_eq!(Page::new(None, None).limit(), 30);
        assert_eq!(Page::new(Some(0), Some(1000)), Page::new(Some(1), Some(50)));
        assert_eq!(Page::new(Some(3), Some(10)).offset(), 20);
    }
}
