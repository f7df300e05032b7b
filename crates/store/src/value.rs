use std::borrow::Cow;

use crate::StoreError;

/// Microseconds since 1970-01-01T00:00:00Z. The store has no clock: whoever calls says what time it is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Micros(pub i64);

impl Micros {
    /// One second.
    pub const SECOND: i64 = 1_000_000;
    /// One day of 24 hours.
    pub const DAY: i64 = 86_400 * Self::SECOND;

    /// So many microseconds later (or earlier); stays at the ends of the range instead of wrapping.
    #[must_use]
    pub const fn plus(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }
}

/// What a column holds or a parameter gives: the types that both databases have.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// BIGINT: numbers, times, 0 and 1.
    Int(i64),
    /// DOUBLE PRECISION.
    Real(f64),
    /// TEXT.
    Text(String),
    /// BYTEA or BLOB.
    Bytes(Vec<u8>),
}

impl Value {
    /// The kind in words, for messages: never the value, which may be a secret.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing (NULL)",
            Self::Int(_) => "an integer",
            Self::Real(_) => "a real number",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
        }
    }
}

/// PostgreSQL's text cannot hold U+0000, and what comes from outside may. It is stored as U+FFFD on both databases, so
/// that a hostile name neither fails a transaction nor reads differently on the other database.
pub(crate) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// What can be bound to a parameter.
pub trait ToValue {
    /// As the databases know it.
    fn to_value(&self) -> Value;
}

macro_rules! to_value {
    ($($type:ty, $value:ident => $result:expr;)*) => {$(
        impl ToValue for $type {
            fn to_value(&self) -> Value {
                let $value = self;
                $result
            }
        }
    )*};
}

to_value! {
    Value, v => v.clone();
    i64, v => Value::Int(*v);
    i32, v => Value::Int(i64::from(*v));
    u32, v => Value::Int(i64::from(*v));
    u16, v => Value::Int(i64::from(*v));
    u8, v => Value::Int(i64::from(*v));
    // Sizes and counts: what is past the end of BIGINT is beyond every limit that we have.
    u64, v => Value::Int(i64::try_from(*v).unwrap_or(i64::MAX));
    usize, v => Value::Int(i64::try_from(*v).unwrap_or(i64::MAX));
    bool, v => Value::Int(i64::from(*v));
    f64, v => Value::Real(*v);
    f32, v => Value::Real(f64::from(*v));
    Micros, v => Value::Int(v.0);
    str, v => Value::Text(storable(v).into_owned());
    String, v => Value::Text(storable(v).into_owned());
    [u8], v => Value::Bytes(v.to_vec());
    Vec<u8>, v => Value::Bytes(v.clone());
}

impl<const N: usize> ToValue for [u8; N] {
    fn to_value(&self) -> Value {
        Value::Bytes(self.to_vec())
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, ToValue::to_value)
    }
}

impl<T: ToValue + ?Sized> ToValue for &T {
    fn to_value(&self) -> Value {
        (**self).to_value()
    }
}

/// `values![a, b]`: an array of [`Value`] of whatever implements [`ToValue`].
#[macro_export]
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        [$($crate::ToValue::to_value(&$value)),*]
    };
}

/// What can be read from a column.
pub trait FromValue: Sized {
    /// For messages: "an integer", "text".
    const WANTED: &'static str;
    /// The value, where the column holds one of that type.
    fn from_value(value: &Value) -> Option<Self>;
}

macro_rules! from_value {
    ($($type:ty, $wanted:literal, $pattern:pat => $result:expr;)*) => {$(
        impl FromValue for $type {
            const WANTED: &'static str = $wanted;
            fn from_value(value: &Value) -> Option<Self> {
                match value { $pattern => $result, _ => None }
            }
        }
    )*};
}

from_value! {
    i64, "an integer", Value::Int(v) => Some(*v);
    i32, "a 32-bit integer", Value::Int(v) => i32::try_from(*v).ok();
    u32, "an integer from 0 to 2³²", Value::Int(v) => u32::try_from(*v).ok();
    u64, "an integer from 0", Value::Int(v) => u64::try_from(*v).ok();
    usize, "an integer from 0", Value::Int(v) => usize::try_from(*v).ok();
    bool, "0 or 1", Value::Int(v @ (0 | 1)) => Some(*v == 1);
    Micros, "a time in µs", Value::Int(v) => Some(Self(*v));
    String, "text", Value::Text(v) => Some(v.clone());
    Vec<u8>, "bytes", Value::Bytes(v) => Some(v.clone());
}

impl FromValue for f64 {
    const WANTED: &'static str = "a number";
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Real(v) => Some(*v),
            // A sum of whole numbers is whole on one database and not on the other.
            #[expect(
                clippy::cast_precision_loss,
                reason = "an average or sum is read as a real number on purpose"
            )]
            Value::Int(v) => Some(*v as Self),
            _ => None,
        }
    }
}

impl<const N: usize> FromValue for [u8; N] {
    const WANTED: &'static str = "bytes of a fixed number";
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Bytes(v) => v.as_slice().try_into().ok(),
            _ => None,
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    const WANTED: &'static str = T::WANTED;
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            other => T::from_value(other).map(Some),
        }
    }
}

impl FromValue for Value {
    const WANTED: &'static str = "anything";
    fn from_value(value: &Value) -> Option<Self> {
        Some(value.clone())
    }
}

/// One row of a result; columns are counted from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Row(pub(crate) Vec<Value>);

impl Row {
    /// The column as a `T`; `Option<T>` where it may be NULL.
    ///
    /// # Errors
    /// [`StoreError::Column`] when the column is not there or holds something else.
    pub fn get<T: FromValue>(&self, column: usize) -> Result<T, StoreError> {
        let wrong = |found| StoreError::Column { column, wanted: T::WANTED, found };
        let value = self.0.get(column).ok_or_else(|| wrong("no such column"))?;
        T::from_value(value).ok_or_else(|| wrong(value.kind()))
    }

    /// The column's text without a copy.
    ///
    /// # Errors
    /// [`StoreError::Column`] when the column is not there or holds no text.
    pub fn text(&self, column: usize) -> Result<&str, StoreError> {
        match self.0.get(column) {
            Some(Value::Text(text)) => Ok(text),
            other => Err(StoreError::Column {
                column,
                wanted: "text",
                found: other.map_or("no such column", Value::kind),
            }),
        }
    }

    /// How many columns there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Is there no column?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
