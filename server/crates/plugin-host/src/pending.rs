//! What a call wants written: gathered while it runs, visible to its own reads, and worth nothing unless it ends well.

use std::collections::BTreeMap;

use hardie_domain::delivery::{ServiceError, Services, Writes};
use hardie_domain::oid::Oid;
use hardie_domain::status::Finding;

use crate::limits::Limits;
use crate::stop::Stop;

/// Most keys of one answer.
const PAGE: usize = 256;

/// The writes of one invocation.
#[derive(Debug)]
pub(crate) struct Pending {
    state: BTreeMap<String, Option<Vec<u8>>>,
    /// Of the keys and values above.
    bytes: usize,
    statuses: Vec<(Oid, Finding)>,
    most_keys: usize,
    most_bytes: usize,
    most_statuses: usize,
}

impl Pending {
    pub(crate) fn new(limits: &Limits) -> Pending {
        let (most_keys, most_bytes, most_statuses) = (limits.state_writes, limits.state_bytes, limits.statuses);
        Pending { state: BTreeMap::new(), bytes: 0, statuses: Vec::new(), most_keys, most_bytes, most_statuses }
    }

    /// What is kept under a key: as this call left it, else as it was committed.
    pub(crate) fn read(&self, key: &str, services: &dyn Services) -> Result<Option<Vec<u8>>, ServiceError> {
        match self.state.get(key) {
            Some(changed) => Ok(changed.clone()),
            None => services.read_state(key),
        }
    }

    /// Remembers a change; past a bound the invocation ends.
    pub(crate) fn write(&mut self, key: String, value: Option<Vec<u8>>) -> Result<(), Stop> {
        let size = |key: &str, value: &Option<Vec<u8>>| key.len() + value.as_ref().map_or(0, Vec::len);
        let before = self.state.get(&key).map_or(0, |value| size(&key, value));
        self.bytes = self.bytes.saturating_sub(before).saturating_add(size(&key, &value));
        self.state.insert(key, value);
        if self.state.len() > self.most_keys {
            return Err(Stop::Writes(format!("changed more than {} keys of its data", self.most_keys)));
        }
        if self.bytes > self.most_bytes {
            return Err(Stop::Writes(format!("changed more than {} bytes of its data", self.most_bytes)));
        }
        Ok(())
    }

    /// Keys with a prefix after a key, the committed ones and this call's in one order.
    pub(crate) fn list(&self, prefix: &str, after: &str, limit: usize, services: &dyn Services) -> Result<Vec<String>, ServiceError> {
        let limit = limit.min(PAGE);
        let own = self.state.iter().filter(|(key, value)| value.is_some() && key.starts_with(prefix) && key.as_str() > after);
        let mut keys: std::collections::BTreeSet<String> = own.map(|(key, _)| key.clone()).collect();
        let mut cursor = after.to_owned();
        loop {
            let page = services.list_state(prefix, &cursor, PAGE)?;
            let Some(last) = page.last().filter(|last| **last > cursor).cloned().filter(|_| page.len() >= PAGE) else {
                // All that there is: whatever lies between is known.
                keys.extend(page.into_iter().filter(|key| !self.is_removed(key)));
                return Ok(keys.into_iter().take(limit).collect());
            };
            keys.extend(page.into_iter().filter(|key| !self.is_removed(key)));
            // Behind the page more may be committed that sorts before a key of this call.
            if keys.range(..=last.clone()).take(limit).count() >= limit {
                return Ok(keys.into_iter().take(limit).collect());
            }
            cursor = last;
        }
    }

    fn is_removed(&self, key: &str) -> bool {
        self.state.get(key).is_some_and(Option::is_none)
    }

    /// Remembers a status. A later one of the same commit and context takes the place of the earlier.
    pub(crate) fn set_status(&mut self, commit: Oid, finding: Finding) -> Result<(), Stop> {
        self.statuses.retain(|(known, before)| *known != commit || before.context != finding.context);
        self.statuses.push((commit, finding));
        if self.statuses.len() > self.most_statuses {
            return Err(Stop::Writes(format!("set more than {} statuses", self.most_statuses)));
        }
        Ok(())
    }

    /// All of it, for whoever commits.
    pub(crate) fn take(&mut self) -> Writes {
        Writes { state: std::mem::take(&mut self.state).into_iter().collect(), statuses: std::mem::take(&mut self.statuses) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use hardie_domain::delivery::{HttpRequest, HttpResponse};
    use hardie_domain::time::Timestamp;

    use super::*;

    struct Kept(BTreeMap<String, Vec<u8>>);

    impl Services for Kept {
        fn read_state(&self, key: &str) -> Result<Option<Vec<u8>>, ServiceError> {
            Ok(self.0.get(key).cloned())
        }

        fn list_state(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<String>, ServiceError> {
            let keys = self.0.keys().filter(|key| key.starts_with(prefix) && key.as_str() > after);
            Ok(keys.take(limit).cloned().collect())
        }

        fn send(&self, _request: HttpRequest, _left: Duration) -> Result<HttpResponse, ServiceError> {
            Err(ServiceError::Denied("no".into()))
        }

        fn now(&self) -> Timestamp {
            Timestamp(0)
        }

        fn random(&self, _buffer: &mut [u8]) {}
    }

    fn kept(keys: impl Iterator<Item = String>) -> Kept {
        Kept(keys.map(|key| (key, b"old".to_vec())).collect())
    }

    #[test]
    fn a_call_sees_its_own_writes_before_the_committed_ones() {
        let kept = kept(["a", "b", "c"].map(str::to_owned).into_iter());
        let mut pending = Pending::new(&Limits::default());
        pending.write("b".into(), None).unwrap();
        pending.write("bb".into(), Some(b"new".to_vec())).unwrap();
        pending.write("c".into(), Some(b"new".to_vec())).unwrap();
        assert_eq!(pending.read("a", &kept), Ok(Some(b"old".to_vec())));
        assert_eq!((pending.read("b", &kept), pending.read("c", &kept)), (Ok(None), Ok(Some(b"new".to_vec()))));
        assert_eq!(pending.list("", "", 10, &kept).unwrap(), ["a", "bb", "c"]);
        assert_eq!(pending.list("b", "", 10, &kept).unwrap(), ["bb"]);
        assert_eq!(pending.list("", "a", 1, &kept).unwrap(), ["bb"]);
        assert_eq!(pending.take().state.len(), 3);
    }

    #[test]
    fn pages_join_without_gap_or_double_however_writes_lie_between() {
        let kept = kept((0..1000).map(|n| format!("k{n:04}")));
        let mut pending = Pending::new(&Limits::default());
        (0..600).for_each(|n| pending.write(format!("k{n:04}"), None).unwrap());
        (0..300).for_each(|n| pending.write(format!("k{:04}x", n * 3), Some(vec![1])).unwrap());
        let mut expected: Vec<String> = (600..1000).map(|n| format!("k{n:04}")).collect();
        expected.extend((0..300).map(|n| format!("k{:04}x", n * 3)));
        expected.sort();
        for limit in [1, 7, 256, 999] {
            let (mut all, mut after) = (Vec::new(), String::new());
            loop {
                let page = pending.list("k", &after, limit, &kept).unwrap();
                let Some(last) = page.last().cloned() else { break };
                assert!(page.len() <= limit.min(256));
                (after, all) = (last, [all, page].concat());
            }
            assert_eq!(all, expected, "limit {limit}");
        }
    }

    #[test]
    fn bounds_count_what_is_left_to_write() {
        let mut pending = Pending::new(&Limits { state_writes: 2, state_bytes: 10, statuses: 1, ..Limits::default() });
        (0..50).for_each(|_| pending.write("a".into(), Some(vec![0; 8])).unwrap());
        assert!(pending.write("b".into(), Some(vec![0; 8])).unwrap_err().to_string().contains("10 bytes"));
        let mut pending = Pending::new(&Limits { state_writes: 2, ..Limits::default() });
        pending.write("a".into(), None).unwrap();
        pending.write("b".into(), None).unwrap();
        assert!(pending.write("c".into(), None).unwrap_err().to_string().contains("2 keys"));
    }

    #[test]
    fn the_last_status_of_a_context_counts() {
        let mut pending = Pending::new(&Limits { statuses: 1, ..Limits::default() });
        let finding = |state| Finding::new(state, "ci", "", "").unwrap();
        pending.set_status(Oid([1; 20]), finding("pending")).unwrap();
        pending.set_status(Oid([1; 20]), finding("success")).unwrap();
        assert!(pending.set_status(Oid([2; 20]), finding("success")).unwrap_err().to_string().contains("1 statuses"));
        assert_eq!(pending.take().statuses.first().unwrap().1, finding("success"));
    }
}
