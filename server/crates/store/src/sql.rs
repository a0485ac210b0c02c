//! One statement with its arguments, and a row read column by column. Everything that touches the driver's types is here.

use std::borrow::Cow;

use hardie_domain::ids::{
    AccountId, AssetId, AuditId, CommitStatusId, DeliveryId, DeployKeyId, EventSeq, GpgKeyId, GrantId, InstallationId, InvitationId, KeyId,
    LabelId, LfsLockId, MailId, MilestoneId, OauthAppId, OutboxId, PasskeyId, PathRuleId, PublisherId, PushId, ReleaseId, RepoId,
    SessionId, SignUpId, TagProtectionId, TeamId, TokenId,
};
use hardie_domain::names::{AccountName, RepoName, TeamName};
use hardie_domain::oid::Oid;
use hardie_domain::page::Page;
use hardie_domain::plugin::Digest;
use hardie_domain::refname::RefName;
use hardie_domain::scope::ScopeSet;
use hardie_domain::time::Timestamp;
use sqlx::any::{Any, AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Row};

use crate::{Error, Result};

/// Values that one statement looks for.
pub(crate) const AT_ONCE: usize = 50;

/// A statement. Values go in through [`Sql::bind`] only; text is put together from constants of this crate, and for
/// backups from names that the database itself gave.
#[derive(Clone, Debug)]
pub(crate) struct Sql {
    text: Cow<'static, str>,
    values: Vec<Value>,
    several: bool,
}

/// A statement of constant text with `$1`, `$2`, … for its values.
pub(crate) fn sql(text: &'static str) -> Sql {
    Sql { text: Cow::Borrowed(text), values: Vec::new(), several: false }
}

/// A statement whose text names tables and columns that were looked up, not given.
pub(crate) fn owned(text: String) -> Sql {
    Sql { text: Cow::Owned(text), values: Vec::new(), several: false }
}

impl Sql {
    /// The value of the next `$n`.
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Sql {
        self.values.push(value.into());
        self
    }

    /// Statements for SQLite as one, the answer that of the last: their places are numbered on.
    pub(crate) fn in_turn(before: Vec<Sql>, last: Sql) -> Sql {
        if before.is_empty() {
            return last;
        }
        let (mut text, mut values) = (String::new(), Vec::new());
        for statement in before.into_iter().chain([last]) {
            if !text.is_empty() {
                text.push_str("; ");
            }
            number_on(&mut text, &statement.text, values.len());
            values.extend(statement.values);
        }
        Sql { text: Cow::Owned(text), values, several: true }
    }

    /// Whether it is more than one.
    pub(crate) fn several(&self) -> bool {
        self.several
    }

    /// Appends constant text.
    pub(crate) fn push(mut self, text: &'static str) -> Sql {
        self.text.to_mut().push_str(text);
        self
    }

    /// Appends a value as the next `$n`.
    pub(crate) fn push_bind(mut self, value: impl Into<Value>) -> Sql {
        self.values.push(value.into());
        let place = format!("${}", self.values.len());
        self.text.to_mut().push_str(&place);
        self
    }

    /// Appends ` IN (…)` for at most [`AT_ONCE`] values, the last repeated to fill one place or all: two texts of a statement in
    /// all, since each is prepared and kept.
    pub(crate) fn push_in<V: Clone + Into<Value>>(self, values: &[V]) -> Sql {
        let places = if values.len() == 1 { 1 } else { AT_ONCE };
        let padded = values.iter().chain(std::iter::repeat_n(values, AT_ONCE).filter_map(|all| all.last())).take(places);
        let listed = padded
            .enumerate()
            .fold(self.push(" IN ("), |statement, (n, value)| statement.push(if n == 0 { "" } else { ", " }).push_bind(value.clone()));
        listed.push(")")
    }

    /// Appends ` VALUES (…), (…)`: several rows on one way to the database. See [`batches`].
    pub(crate) fn push_rows<const N: usize>(self, rows: impl IntoIterator<Item = [Value; N]>) -> Sql {
        rows.into_iter().enumerate().fold(self.push(" VALUES"), |statement, (nth, row)| {
            let opened = statement.push(if nth == 0 { " (" } else { ", (" });
            let filled = row
                .into_iter()
                .enumerate()
                .fold(opened, |statement, (at, value)| statement.push(if at == 0 { "" } else { ", " }).push_bind(value));
            filled.push(")")
        })
    }

    /// Appends ` LIMIT $n OFFSET $m`.
    pub(crate) fn page(self, page: Page) -> Sql {
        let offset = i64::try_from(page.offset()).unwrap_or(i64::MAX);
        self.push(" LIMIT ").push_bind(i64::from(page.limit())).push(" OFFSET ").push_bind(offset)
    }

    /// The driver's form, prepared once per connection and kept.
    pub(crate) fn to_query(&self) -> Query<'static, Any, AnyArguments> {
        let query = sqlx::query(AssertSqlSafe(self.text.clone()));
        self.values.iter().fold(query, |query, value| match value {
            Value::Int(value) => query.bind(*value),
            Value::Text(value) => query.bind(value.clone()),
            Value::Blob(value) => query.bind(value.clone()),
        })
    }
}

/// Appends a statement, each of its places `$n` moved by `by`. No statement of this crate has a `$` that is none.
fn number_on(text: &mut String, statement: &str, by: usize) {
    let mut pieces = statement.split('$');
    text.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let digits = piece.len() - piece.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (place, rest) = piece.split_at(digits);
        text.push('$');
        text.push_str(&(place.parse::<usize>().unwrap_or_default() + by).to_string());
        text.push_str(rest);
    }
}

/// Rows in pieces of a power of two, since each number of rows is a text of its own, prepared and kept.
pub(crate) fn batches<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let most = rows.len().min(16).checked_ilog2()?;
        let (some, left) = rows.split_at_checked(1 << most)?;
        rows = left;
        Some(some)
    })
}

/// The three types of columns that there are.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
    Blob(Option<Vec<u8>>),
}

macro_rules! values {
    ($($from:ty, $name:ident => $variant:ident($value:expr);)+) => {$(
        impl From<$from> for Value {
            fn from($name: $from) -> Value {
                Value::$variant(Some($value))
            }
        }
        impl From<Option<$from>> for Value {
            fn from(value: Option<$from>) -> Value {
                Value::$variant(value.map(|$name| $value))
            }
        }
    )+};
}

values! {
    i64, v => Int(v);
    u32, v => Int(i64::from(v));
    u64, v => Int(i64::try_from(v).unwrap_or(i64::MAX));
    bool, v => Int(i64::from(v));
    Timestamp, v => Int(v.0);
    AccountId, v => Int(v.0);
    RepoId, v => Int(v.0);
    TeamId, v => Int(v.0);
    KeyId, v => Int(v.0);
    DeployKeyId, v => Int(v.0);
    TokenId, v => Int(v.0);
    SessionId, v => Int(v.0);
    PushId, v => Int(v.0);
    AuditId, v => Int(v.0);
    OutboxId, v => Int(v.0);
    EventSeq, v => Int(v.0);
    InstallationId, v => Int(v.0);
    DeliveryId, v => Int(v.0);
    LfsLockId, v => Int(v.0);
    PublisherId, v => Int(v.0);
    CommitStatusId, v => Int(v.0);
    OauthAppId, v => Int(v.0);
    GrantId, v => Int(v.0);
    MailId, v => Int(v.0);
    SignUpId, v => Int(v.0);
    InvitationId, v => Int(v.0);
    ReleaseId, v => Int(v.0);
    AssetId, v => Int(v.0);
    GpgKeyId, v => Int(v.0);
    TagProtectionId, v => Int(v.0);
    PathRuleId, v => Int(v.0);
    LabelId, v => Int(v.0);
    MilestoneId, v => Int(v.0);
    PasskeyId, v => Int(v.0);
    &str, v => Text(v.to_owned());
    String, v => Text(v);
    &AccountName, v => Text(v.as_str().to_owned());
    &RepoName, v => Text(v.as_str().to_owned());
    &TeamName, v => Text(v.as_str().to_owned());
    &ScopeSet, v => Text(v.names().join(","));
    &[u8], v => Blob(v.to_vec());
    Vec<u8>, v => Blob(v);
    &[u8; 32], v => Blob(v.to_vec());
    Oid, v => Blob(v.0.to_vec());
    Digest, v => Blob(v.0.to_vec());
    &RefName, v => Blob(v.as_bytes().to_vec());
}

/// Reads the columns of one row from left to right, in the order in which the statement names them.
pub(crate) struct Cols<'r> {
    row: &'r AnyRow,
    next: usize,
}

impl<'r> Cols<'r> {
    pub(crate) fn new(row: &'r AnyRow) -> Cols<'r> {
        Cols { row, next: 0 }
    }

    fn take(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }

    pub(crate) fn int(&mut self) -> Result<i64> {
        let at = self.take();
        Ok(self.row.try_get(at)?)
    }

    pub(crate) fn opt_int(&mut self) -> Result<Option<i64>> {
        let at = self.take();
        Ok(self.row.try_get(at)?)
    }

    /// A count or a size; never negative.
    pub(crate) fn count(&mut self) -> Result<u64> {
        let value = self.int()?;
        u64::try_from(value).map_err(|_| Error::Corrupt(format!("{value} where a size is expected")))
    }

    pub(crate) fn flag(&mut self) -> Result<bool> {
        Ok(self.int()? != 0)
    }

    pub(crate) fn id<T>(&mut self, wrap: fn(i64) -> T) -> Result<T> {
        self.int().map(wrap)
    }

    pub(crate) fn opt_id<T>(&mut self, wrap: fn(i64) -> T) -> Result<Option<T>> {
        Ok(self.opt_int()?.map(wrap))
    }

    pub(crate) fn text(&mut self) -> Result<String> {
        let at = self.take();
        Ok(self.row.try_get(at)?)
    }

    pub(crate) fn opt_text(&mut self) -> Result<Option<String>> {
        let at = self.take();
        Ok(self.row.try_get(at)?)
    }

    /// A text of a closed set.
    pub(crate) fn word<T>(&mut self, parse: impl FnOnce(&str) -> Option<T>) -> Result<T> {
        let at = self.take();
        let text: &str = self.row.try_get(at)?;
        parse(text).ok_or_else(|| Error::Corrupt(format!("{text:?} in column {at}")))
    }

    pub(crate) fn account_name(&mut self) -> Result<AccountName> {
        Ok(AccountName::from_stored(self.text()?))
    }

    pub(crate) fn repo_name(&mut self) -> Result<RepoName> {
        Ok(RepoName::from_stored(self.text()?))
    }

    pub(crate) fn team_name(&mut self) -> Result<TeamName> {
        Ok(TeamName::from_stored(self.text()?))
    }

    pub(crate) fn scopes(&mut self) -> Result<ScopeSet> {
        self.word(|names| ScopeSet::parse(names.split(',')).ok())
    }

    /// One item per line; no item holds a line break.
    pub(crate) fn lines(&mut self) -> Result<Vec<String>> {
        Ok(self.text()?.lines().map(str::to_owned).collect())
    }

    pub(crate) fn bytes(&mut self) -> Result<Vec<u8>> {
        let at = self.take();
        Ok(self.row.try_get(at)?)
    }

    pub(crate) fn opt_bytes(&mut self) -> Result<Option<Vec<u8>>> {
        let at = self.take();
        Ok(self.row.try_get(at)?)
    }

    fn slice(&mut self) -> Result<&'r [u8]> {
        let at = self.take();
        Ok(self.row.try_get(at)?)
    }

    pub(crate) fn hash(&mut self) -> Result<[u8; 32]> {
        let bytes = self.slice()?;
        bytes.try_into().map_err(|_| Error::Corrupt(format!("a hash of {} bytes", bytes.len())))
    }

    pub(crate) fn opt_hash(&mut self) -> Result<Option<[u8; 32]>> {
        let at = self.take();
        let bytes: Option<&[u8]> = self.row.try_get(at)?;
        let wrong = |_| Error::Corrupt("a hash that has not 32 bytes".to_owned());
        bytes.map(|bytes| bytes.try_into().map_err(wrong)).transpose()
    }

    pub(crate) fn oid(&mut self) -> Result<Oid> {
        let bytes = self.slice()?;
        Oid::from_bytes(bytes).ok_or_else(|| Error::Corrupt(format!("an object id of {} bytes", bytes.len())))
    }

    pub(crate) fn opt_oid(&mut self) -> Result<Option<Oid>> {
        let at = self.take();
        let bytes: Option<&[u8]> = self.row.try_get(at)?;
        let Some(bytes) = bytes else { return Ok(None) };
        Oid::from_bytes(bytes).map(Some).ok_or_else(|| Error::Corrupt(format!("an object id of {} bytes", bytes.len())))
    }

    pub(crate) fn ref_name(&mut self) -> Result<RefName> {
        RefName::parse(self.slice()?).map_err(|why| Error::Corrupt(why.to_string()))
    }

    pub(crate) fn time(&mut self) -> Result<Timestamp> {
        self.id(Timestamp)
    }

    pub(crate) fn opt_time(&mut self) -> Result<Option<Timestamp>> {
        self.opt_id(Timestamp)
    }
}

/// Turns columns into a value.
pub(crate) type Map<T> = fn(&mut Cols<'_>) -> Result<T>;

/// The first column as a count.
pub(crate) fn count(cols: &mut Cols<'_>) -> Result<u64> {
    cols.count()
}

/// A pattern for `LIKE … ESCAPE '\'` that finds `text` anywhere, whatever it holds.
pub(crate) fn contains(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::{Sql, batches, contains, sql};

    #[test]
    fn what_somebody_searches_for_stands_for_itself() {
        assert_eq!(contains("a_b%c\\"), "%a\\_b\\%c\\\\%");
    }

    #[test]
    fn pushed_values_are_numbered_after_bound_ones() {
        let built = sql("a = $1").bind(1i64).push(" AND b = ").push_bind("x");
        assert_eq!(built.text, "a = $1 AND b = $2");
        assert_eq!(built.values.len(), 2);
    }

    #[test]
    fn several_statements_are_one_whose_places_are_numbered_on() {
        let first = sql("UPDATE t SET a = $2 WHERE b = $1 AND c = $1").bind(1i64).bind("x");
        let joined = Sql::in_turn(vec![first, sql("DELETE FROM t")], sql("SELECT $1, $11").bind(3i64));
        assert_eq!(joined.text, "UPDATE t SET a = $2 WHERE b = $1 AND c = $1; DELETE FROM t; SELECT $3, $13");
        assert_eq!(joined.values.len(), 3);
        assert!(joined.several() && !Sql::in_turn(Vec::new(), sql("SELECT 1")).several());
    }

    #[test]
    fn several_rows_go_in_few_statements_of_few_texts() {
        let built = sql("INSERT INTO t (a, b)").push_rows([[1i64.into(), "x".into()], [2i64.into(), "y".into()]]);
        assert_eq!(built.text, "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4)");
        let rows: Vec<u32> = (0..27).collect();
        let sizes: Vec<usize> = batches(&rows).map(<[u32]>::len).collect();
        assert_eq!(sizes, [16, 8, 2, 1]);
        assert_eq!(batches(&rows).flatten().copied().collect::<Vec<u32>>(), rows);
    }
}
