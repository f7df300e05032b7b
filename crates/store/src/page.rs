//! Lists by page: the next page begins after the last row's key, not at a number of rows, so that it neither repeats nor
//! skips a row when others come or go meanwhile, and costs the same however far one has gone.

use std::fmt::Write as _;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::{Row, StoreError, Tx, Value};

/// Rows of a page at most.
pub const MAX_LIMIT: u32 = 500;

/// One key by which a list is ordered.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// A column or expression.
    pub sql: &'static str,
    /// From large to small.
    pub descending: bool,
    /// May it be NULL? NULLs come last in either direction: "unknown" is seldom what one looks for.
    pub nullable: bool,
}

impl Key {
    /// From small to large, never NULL.
    #[must_use]
    pub const fn up(sql: &'static str) -> Self {
        Self { sql, descending: false, nullable: false }
    }

    /// From large to small, never NULL.
    #[must_use]
    pub const fn down(sql: &'static str) -> Self {
        Self { sql, descending: true, nullable: false }
    }

    /// The same key, but it may be NULL.
    #[must_use]
    pub const fn nullable(self) -> Self {
        Self { nullable: true, ..self }
    }
}

/// An order of a list. Its last key tells all rows apart, so that no two rows are tied.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// Which list and order it is, such as `images/by-risk`: a cursor of another one is refused.
    pub name: &'static str,
    /// The keys, most weighty first; the last is unique.
    pub keys: &'static [Key],
}

/// An order in one of its two directions.
struct Way {
    name: &'static str,
    keys: Vec<Key>,
}

impl Way {
    fn new(order: &Order, backwards: bool) -> Self {
        let turned = |key: &Key| Key { descending: key.descending != backwards, ..*key };
        Self { name: order.name, keys: order.keys.iter().map(turned).collect() }
    }
}

/// Where the next page begins. Opaque to whoever gets it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

/// How many bytes of a checksum a cursor begins with.
const SEAL: usize = 6;

impl Cursor {
    /// A cursor of an order after a row with these keys.
    fn new(order: &Way, keys: &[Value]) -> Self {
        let mut bytes = vec![0; SEAL];
        for key in keys {
            let (tag, data): (u8, &[u8]) = match key {
                Value::Null => (0, &[]),
                Value::Int(v) => (1, &v.to_be_bytes()),
                Value::Real(v) => (2, &v.to_be_bytes()),
                Value::Text(v) => (3, v.as_bytes()),
                Value::Bytes(v) => (4, v),
            };
            bytes.push(tag);
            bytes.extend_from_slice(&u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
            bytes.extend_from_slice(data);
        }
        let seal = seal(order, bytes.get(SEAL..).unwrap_or_default());
        bytes.splice(..SEAL, seal);
        Self(BASE64_URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The keys, if it is a cursor of this order.
    fn keys(&self, order: &Way) -> Result<Vec<Value>, StoreError> {
        self.decode(order).filter(|keys| keys.len() == order.keys.len()).ok_or(StoreError::Cursor)
    }

    fn decode(&self, order: &Way) -> Option<Vec<Value>> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&self.0).ok()?;
        let (found, mut rest) = bytes.split_at_checked(SEAL)?;
        if found != seal(order, rest) {
            return None;
        }
        let mut keys = Vec::new();
        while let Some((tag, after)) = rest.split_first() {
            let (length, after) = after.split_first_chunk::<4>()?;
            let (data, after) = after.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
            rest = after;
            keys.push(match tag {
                0 => Value::Null,
                1 => Value::Int(i64::from_be_bytes(data.try_into().ok()?)),
                2 => Value::Real(f64::from_be_bytes(data.try_into().ok()?)),
                3 => Value::Text(String::from_utf8(data.to_vec()).ok()?),
                4 => Value::Bytes(data.to_vec()),
                _ => return None,
            });
        }
        Some(keys)
    }
}

/// Ties a cursor to its order, keys and directions included. No secret: a cursor gives no right, a forged one only begins
/// elsewhere.
fn seal(order: &Way, payload: &[u8]) -> [u8; SEAL] {
    let mut hash = Sha256::new();
    hash.update(order.name);
    for key in &order.keys {
        hash.update([0, u8::from(key.descending), u8::from(key.nullable)]);
        hash.update(key.sql);
    }
    hash.update([0]);
    hash.update(payload);
    let mut seal = [0; SEAL];
    seal.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
    seal
}

/// Which page is wanted.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// Rows at most; 1 to [`MAX_LIMIT`], what lies outside is moved to the nearer end.
    pub limit: u32,
    /// After which row; from the beginning where it is missing.
    pub after: Option<Cursor>,
    /// The list from its end to its beginning (NULLs stay last). A cursor goes on in the direction that it came from.
    pub backwards: bool,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { limit: 50, after: None, backwards: false }
    }
}

impl PageRequest {
    /// The first rows.
    #[must_use]
    pub const fn first(limit: u32) -> Self {
        Self { limit, after: None, backwards: false }
    }
}

/// Some rows of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// In order.
    pub items: Vec<T>,
    /// Where the next page begins, when there is one.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// The same page with each row made into something else.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}

/// A pattern for `LIKE … ESCAPE '\\'` that finds a part of a text, whatever signs are in it.
#[must_use]
pub fn containing(part: &str) -> String {
    format!("%{}%", escape(part))
}

/// A pattern for `LIKE … ESCAPE '\\'` that finds the beginning of a text.
#[must_use]
pub fn beginning(part: &str) -> String {
    format!("{}%", escape(part))
}

fn escape(part: &str) -> String {
    part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// The keys of the row after which a page begins.
///
/// # Errors
/// [`StoreError::Cursor`] for a cursor that is not of this order.
pub(crate) fn after(order: &Order, request: &PageRequest) -> Result<Option<Vec<Value>>, StoreError> {
    let order = &Way::new(order, request.backwards);
    request.after.as_ref().map(|after| after.keys(order)).transpose()
}

/// A cursor after a row with these keys, to go on as `request` went.
pub(crate) fn cursor(order: &Order, request: &PageRequest, keys: &[Value]) -> Cursor {
    Cursor::new(&Way::new(order, request.backwards), keys)
}

/// One page of rows whose order the database does not know: by a number and then by a text, both from large to small.
///
/// # Errors
/// [`StoreError::Cursor`] for a cursor that is not of this order.
pub(crate) fn ranked(
    order: &Order,
    request: &PageRequest,
    mut rows: Vec<(i64, String)>,
) -> Result<Page<(i64, String)>, StoreError> {
    let backwards = request.backwards;
    let order = &Way::new(order, backwards);
    rows.sort_unstable_by(|a, b| if backwards { a.cmp(b) } else { b.cmp(a) });
    let from = match &request.after {
        None => 0,
        Some(after) => {
            let last = match <[Value; 2]>::try_from(after.keys(order)?) {
                Ok([Value::Int(number), Value::Text(text)]) => (number, text),
                _ => return Err(StoreError::Cursor),
            };
            rows.partition_point(|row| if backwards { *row <= last } else { *row >= last })
        }
    };
    let limit = request.limit.clamp(1, MAX_LIMIT) as usize;
    let items: Vec<(i64, String)> =
        rows.get(from..).unwrap_or_default().iter().take(limit).cloned().collect();
    let more = rows.len() > from + items.len();
    let next = items
        .last()
        .filter(|_| more)
        .map(|(number, text)| Cursor::new(order, &[Value::Int(*number), Value::Text(text.clone())]));
    Ok(Page { items, next })
}

/// A `SELECT` that grows by conditions, and is read by page or as a whole.
///
/// ```
/// # use store::Select;
/// let mut select = Select::new("id, name", "app_user");
/// select.and("created >= ?", store::values![0_i64]);
/// select.and("name LIKE ?", store::values!["a%"]);
/// ```
#[derive(Clone, Debug)]
pub struct Select {
    columns: String,
    from: String,
    conditions: Vec<String>,
    values: Vec<Value>,
}

impl Select {
    /// The columns, and what follows `FROM` (joins included; its own parameters are `?` with values by [`Self::with`]).
    #[must_use]
    pub fn new(columns: impl Into<String>, from: impl Into<String>) -> Self {
        Self { columns: columns.into(), from: from.into(), conditions: Vec::new(), values: Vec::new() }
    }

    /// Values for the `?` in the `FROM` part, which come before those of conditions.
    #[must_use]
    pub fn with(mut self, values: impl IntoIterator<Item = Value>) -> Self {
        let from = std::mem::take(&mut self.from);
        self.from = self.number(&from, values);
        self
    }

    /// One more condition that rows must meet; each `?` in it takes one of the values.
    pub fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) -> &mut Self {
        let condition = self.number(condition, values);
        self.conditions.push(condition);
        self
    }

    /// `column IN (…)`. An empty list meets no row.
    pub fn is_in(&mut self, column: &str, values: impl IntoIterator<Item = Value>) -> &mut Self {
        let values: Vec<Value> = values.into_iter().collect();
        if values.is_empty() {
            return self.and("1 = 0", []);
        }
        let marks = vec!["?"; values.len()].join(", ");
        self.and(&format!("{column} IN ({marks})"), values)
    }

    /// Replaces each `?` by the number of its value. Conditions are our own text: they hold no `?` but these.
    fn number(&mut self, text: &str, values: impl IntoIterator<Item = Value>) -> String {
        let mut out = String::with_capacity(text.len() + 8);
        let mut values = values.into_iter();
        for (at, piece) in text.split('?').enumerate() {
            if at > 0 {
                // A value too few leaves a number that is not bound; the database says so.
                self.values.extend(values.next());
                let _ = write!(out, "${}", self.values.len());
            }
            out.push_str(piece);
        }
        out
    }

    /// The same rows with other columns.
    #[must_use]
    pub fn columns(mut self, columns: impl Into<String>) -> Self {
        self.columns = columns.into();
        self
    }

    /// Adds that another `SELECT`, which may name tables of this one, has a row.
    pub(crate) fn and_exists(&mut self, inner: &Self) -> &mut Self {
        let (sql, values) = inner.open_parts();
        self.and(&format!("EXISTS ({sql})"), values)
    }

    /// Adds that another `SELECT`, which may name tables of this one, has no row.
    pub(crate) fn and_not_exists(&mut self, inner: &Self) -> &mut Self {
        let (sql, values) = inner.open_parts();
        self.and(&format!("NOT EXISTS ({sql})"), values)
    }

    /// The statement and its values, to be put into another statement that has none before it.
    pub(crate) fn parts(&self) -> (String, Vec<Value>) {
        (self.sql(&self.columns), self.values.clone())
    }

    /// The statement with `?` for its values in their order. Values stand in the order of their numbers, and each once.
    pub(crate) fn open_parts(&self) -> (String, Vec<Value>) {
        let mut sql = String::new();
        let mut rest = self.sql(&self.columns);
        for number in 1..=self.values.len() {
            let mark = format!("${number}");
            let Some(at) = rest.find(&mark) else { break };
            sql.push_str(rest.get(..at).unwrap_or_default());
            sql.push('?');
            rest = rest.get(at + mark.len()..).unwrap_or_default().to_owned();
        }
        sql.push_str(&rest);
        (sql, self.values.clone())
    }

    /// With these values already in the `FROM` part, numbered from 1 on.
    #[must_use]
    pub(crate) fn holding(mut self, values: Vec<Value>) -> Self {
        self.values = values;
        self
    }

    /// All rows, with what follows the conditions (`GROUP BY …`).
    ///
    /// # Errors
    /// What the database says.
    pub fn all(&self, tx: &mut Tx<'_>, tail: &str) -> Result<Vec<Row>, StoreError> {
        tx.query(&format!("{} {tail}", self.sql(&self.columns)), &self.values)
    }

    /// The number that its one column gives.
    pub(crate) fn count_of(&self, tx: &mut Tx<'_>) -> Result<u64, StoreError> {
        tx.query_one(&self.sql(&self.columns), &self.values)?.get(0)
    }

    fn sql(&self, columns: &str) -> String {
        let mut sql = format!("SELECT {columns} FROM {}", self.from);
        for (at, condition) in self.conditions.iter().enumerate() {
            let _ = write!(sql, " {} ({condition})", if at == 0 { "WHERE" } else { "AND" });
        }
        sql
    }

    /// How many rows there are on all pages.
    ///
    /// # Errors
    /// What the database says.
    pub fn count(&self, tx: &mut Tx<'_>) -> Result<u64, StoreError> {
        tx.query_one(&self.sql("count(*)"), &self.values)?.get(0)
    }

    /// The rows of sums over groups, in no order; without a group one row over all.
    ///
    /// # Errors
    /// What the database says.
    pub fn grouped(&self, tx: &mut Tx<'_>, by: &str) -> Result<Vec<Row>, StoreError> {
        let mut sql = self.sql(&self.columns);
        if !by.is_empty() {
            let _ = write!(sql, " GROUP BY {by}");
        }
        tx.query(&sql, &self.values)
    }

    /// One page, in order. The row that `read` sees has the keys behind the columns.
    ///
    /// # Errors
    /// [`StoreError::Cursor`] for a cursor that is not of this order; what `read` or the database says.
    pub fn page<T>(
        &self,
        tx: &mut Tx<'_>,
        order: &Order,
        request: &PageRequest,
        mut read: impl FnMut(&Row) -> Result<T, StoreError>,
    ) -> Result<Page<T>, StoreError> {
        let mut select = self.clone();
        let order = &Way::new(order, request.backwards);
        if let Some(after) = &request.after {
            select.after(order, &after.keys(order)?);
        }
        let limit = request.limit.clamp(1, MAX_LIMIT);
        let mut columns = self.columns.clone();
        for key in &order.keys {
            let _ = write!(columns, ", {}", key.sql);
        }
        let mut sql = select.sql(&columns);
        for (at, key) in order.keys.iter().enumerate() {
            sql.push_str(if at == 0 { " ORDER BY " } else { ", " });
            sql.push_str(key.sql);
            sql.push_str(if key.descending { " DESC" } else { " ASC" });
            // Said only where it matters: PostgreSQL reads an index backwards only for the order that it has.
            sql.push_str(if key.nullable { " NULLS LAST" } else { "" });
        }
        // One more tells whether there is a next page.
        let _ = write!(sql, " LIMIT {}", limit + 1);
        let mut rows = tx.query(&sql, &select.values)?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(|row| {
            let keys = row.0.len().saturating_sub(order.keys.len());
            Cursor::new(order, row.0.get(keys..).unwrap_or_default())
        });
        Ok(Page { items: rows.iter().map(&mut read).collect::<Result<_, _>>()?, next })
    }

    /// Adds the condition that a row comes after these keys.
    fn after(&mut self, order: &Way, keys: &[Value]) {
        let one_way = order
            .keys
            .iter()
            .all(|k| !k.nullable && k.descending == order.keys.first().is_some_and(|f| f.descending));
        if one_way && order.keys.len() > 1 {
            // The form for which both databases walk an index.
            let columns: Vec<&str> = order.keys.iter().map(|k| k.sql).collect();
            let marks = vec!["?"; keys.len()].join(", ");
            let than = if order.keys.first().is_some_and(|k| k.descending) { '<' } else { '>' };
            self.and(&format!("({}) {than} ({marks})", columns.join(", ")), keys.to_vec());
            return;
        }
        // The first key is larger, or it is equal and the second is larger, or …
        let (mut any, mut values) = (Vec::new(), Vec::new());
        for (at, (key, value)) in order.keys.iter().zip(keys).enumerate() {
            let than = if key.descending { '<' } else { '>' };
            let beyond = match (key.nullable, value) {
                // Nothing comes after NULL.
                (_, Value::Null) => continue,
                (true, _) => format!("({0} {than} ? OR {0} IS NULL)", key.sql),
                (false, _) => format!("{} {than} ?", key.sql),
            };
            let mut all = Vec::new();
            for (before, value) in order.keys.iter().zip(keys).take(at) {
                if *value == Value::Null {
                    all.push(format!("{} IS NULL", before.sql));
                } else {
                    all.push(format!("{} = ?", before.sql));
                    values.push(value.clone());
                }
            }
            all.push(beyond);
            values.push(value.clone());
            any.push(all.join(" AND "));
        }
        if any.is_empty() {
            self.and("1 = 0", []);
        } else {
            self.and(&any.join(" OR "), values);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: Order = Order { name: "t/by-a", keys: &[Key::down("a").nullable(), Key::up("id")] };

    #[test]
    fn a_cursor_gives_its_keys_back_and_only_to_its_own_order() {
        const OTHERS: [Order; 4] = [
            Order { name: "t/by-b", ..ORDER },
            Order { keys: &[Key::up("a").nullable(), Key::up("id")], ..ORDER },
            Order { keys: &[Key::down("a"), Key::up("id")], ..ORDER },
            Order { keys: &[Key::up("id")], ..ORDER },
        ];
        let keys = vec![Value::Text("ü".to_owned()), Value::Int(-7)];
        let cursor = Cursor::new(&Way::new(&ORDER, false), &keys);
        assert_eq!(cursor.keys(&Way::new(&ORDER, false)).unwrap(), keys);
        assert!(cursor.keys(&Way::new(&ORDER, true)).is_err());
        for other in OTHERS {
            assert!(matches!(cursor.keys(&Way::new(&other, false)), Err(StoreError::Cursor)), "{other:?}");
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let good = Cursor::new(&Way::new(&ORDER, false), &[Value::Null, Value::Real(0.5)]).0;
        for text in
            ["", "x", "!!!", "AAAAAAAAAAAAAAAA", &good[1..], &good[..good.len() - 2], &format!("{good}AA")]
        {
            assert!(
                matches!(Cursor(text.to_owned()).keys(&Way::new(&ORDER, false)), Err(StoreError::Cursor)),
                "{text}"
            );
        }
    }

    #[test]
    fn conditions_number_their_values_in_order() {
        let mut select = Select::new("id", "t JOIN u ON u.x = ?").with([Value::Int(1)]);
        select
            .and("a = ? OR b = ?", [Value::Int(2), Value::Int(3)])
            .is_in("c", [Value::Int(4), Value::Int(5)]);
        select.is_in("d", []);
        assert_eq!(
            select.sql("id"),
            "SELECT id FROM t JOIN u ON u.x = $1 WHERE (a = $2 OR b = $3) AND (c IN ($4, $5)) AND (1 = 0)"
        );
        assert_eq!(select.values, (1..=5).map(Value::Int).collect::<Vec<_>>());
    }
}
