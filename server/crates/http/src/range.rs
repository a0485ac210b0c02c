//! Which part of a thing is asked for (RFC 9110, section 14): one range of bytes. Several at once are answered with the whole, as
//! the standard allows.

use axum::http::HeaderMap;
use axum::http::header::{IF_RANGE, RANGE};

/// What to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All of it.
    Whole,
    /// These bytes, both included; 206.
    Part {
        /// The first.
        first: u64,
        /// The last.
        last: u64,
    },
    /// The range lies outside; 416.
    Nothing,
}

/// Reads `Range`, which counts only if the client's copy is of this very thing.
pub fn wanted(headers: &HeaderMap, etag: &str, size: u64) -> Wanted {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if headers.contains_key(IF_RANGE) && text(IF_RANGE) != Some(etag) {
        return Wanted::Whole;
    }
    let Some((first, last)) = text(RANGE).and_then(|range| range.strip_prefix("bytes=")?.trim().split_once('-')) else {
        return Wanted::Whole;
    };
    let end = size.saturating_sub(1);
    match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first > last => Wanted::Whole,
        (Ok(first), _) if first >= size && is_number_or_nothing(last) => Wanted::Nothing,
        (Ok(first), Ok(last)) => Wanted::Part { first, last: last.min(end) },
        (Ok(first), Err(_)) if last.is_empty() => Wanted::Part { first, last: end },
        (Err(_), Ok(0)) if first.is_empty() => Wanted::Nothing,
        (Err(_), Ok(_)) if first.is_empty() && size == 0 => Wanted::Nothing,
        (Err(_), Ok(count)) if first.is_empty() => Wanted::Part { first: size.saturating_sub(count), last: end },
        _ => Wanted::Whole,
    }
}

fn is_number_or_nothing(text: &str) -> bool {
    text.is_empty() || text.parse::<u64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(range: &str, size: u64) -> Wanted {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, range.parse().unwrap());
        wanted(&headers, "\"tag\"", size)
    }

    #[test]
    fn one_range_of_bytes_is_understood_in_its_three_forms() {
        assert_eq!(wanted(&HeaderMap::new(), "", 10), Wanted::Whole);
        assert_eq!(of("bytes=0-", 10), Wanted::Part { first: 0, last: 9 });
        assert_eq!(of("bytes=3-5", 10), Wanted::Part { first: 3, last: 5 });
        assert_eq!(of("bytes=3-500", 10), Wanted::Part { first: 3, last: 9 });
        assert_eq!(of("bytes=-4", 10), Wanted::Part { first: 6, last: 9 });
        assert_eq!(of("bytes=-400", 10), Wanted::Part { first: 0, last: 9 });
    }

    #[test]
    fn a_range_outside_is_told_and_what_is_no_range_is_ignored() {
        for outside in ["bytes=10-", "bytes=10-12", "bytes=-0"] {
            assert_eq!(of(outside, 10), Wanted::Nothing, "{outside}");
        }
        assert_eq!((of("bytes=0-", 0), of("bytes=-1", 0)), (Wanted::Nothing, Wanted::Nothing));
        for odd in ["bytes=5-3", "bytes=a-b", "bytes=-", "bytes=1-2,4-5", "lines=1-2", "bytes", "bytes=99999999999999999999-", "bytes=10-x"]
        {
            assert_eq!(of(odd, 10), Wanted::Whole, "{odd}");
        }
    }

    #[test]
    fn a_range_of_another_thing_is_not_joined() {
        for (tag, expected) in [("\"tag\"", Wanted::Part { first: 3, last: 9 }), ("\"other\"", Wanted::Whole), ("W/\"tag\"", Wanted::Whole)]
        {
            let mut headers = HeaderMap::new();
            headers.insert(RANGE, "bytes=3-".parse().unwrap());
            headers.insert(IF_RANGE, tag.parse().unwrap());
            assert_eq!(wanted(&headers, "\"tag\"", 10), expected, "{tag}");
        }
    }
}
