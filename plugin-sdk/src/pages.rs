//! Lists that come in pages, as iterators.

use std::collections::VecDeque;

use crate::error::Error;

/// The server's own bound.
pub(crate) const PAGE: u32 = 256;

type Fetch<'a, T> = Box<dyn FnMut(u32, u32) -> Result<Vec<T>, Error> + 'a>;

/// Asks for the next page when the last one is used up. Ends after an error.
pub struct Pages<'a, T> {
    fetch: Fetch<'a, T>,
    ready: VecDeque<T>,
    next: Option<u32>,
}

impl<'a, T> Pages<'a, T> {
    pub(crate) fn new(fetch: impl FnMut(u32, u32) -> Result<Vec<T>, Error> + 'a) -> Pages<'a, T> {
        Pages { fetch: Box::new(fetch), ready: VecDeque::new(), next: Some(0) }
    }
}

impl<T> Iterator for Pages<'_, T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(item) = self.ready.pop_front() {
            return Some(Ok(item));
        }
        let start = self.next.take()?;
        match (self.fetch)(start, PAGE) {
            Ok(page) => {
                let got = u32::try_from(page.len()).unwrap_or(PAGE);
                if got >= PAGE {
                    self.next = start.checked_add(got);
                }
                self.ready = page.into();
                self.ready.pop_front().map(Ok)
            }
            Err(error) => Some(Err(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_asked_for_until_one_is_short() {
        let mut asked = Vec::new();
        let all: Vec<u32> = Pages::new(|start, limit| {
            asked.push(start);
            Ok((start..(start + limit).min(600)).collect())
        })
        .map(|item| item.unwrap())
        .collect();
        assert_eq!(all, (0..600).collect::<Vec<_>>());
        assert_eq!(asked, [0, 256, 512]);
    }

    #[test]
    fn an_error_is_the_last_item() {
        let mut pages = Pages::<u32>::new(|_, _| Err(Error::new("no")));
        assert!(pages.next().unwrap().is_err());
        assert!(pages.next().is_none());
    }
}
