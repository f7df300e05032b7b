//! Values on PostgreSQL's wire.

use std::error::Error;

use bytes::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::{Row, StoreError, Value, value::storable};

/// Under which type a value is sent.
pub(super) const fn parameter_type(value: &Value) -> Type {
    match value {
        // Left to the server, which knows what it compares it with or puts it into.
        Value::Null => Type::UNKNOWN,
        Value::Int(_) => Type::INT8,
        Value::Real(_) => Type::FLOAT8,
        Value::Text(_) => Type::TEXT,
        Value::Bytes(_) => Type::BYTEA,
    }
}

/// Can a parameter that was prepared as this type take the value?
pub(super) fn takes(parameter: &Type, value: &Value) -> bool {
    *value == Value::Null || parameter_type(value) == *parameter
}

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(v) => v.to_sql(ty, out),
            Self::Real(v) => v.to_sql(ty, out),
            Self::Text(v) => (&*storable(v)).to_sql(ty, out),
            Self::Bytes(v) => v.to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        // Statements are prepared for the values' own types.
        true
    }

    to_sql_checked!();
}

pub(super) fn row(row: &tokio_postgres::Row, sql: &str) -> Result<Row, StoreError> {
    (0..row.len())
        .map(|column| {
            row.try_get::<_, Value>(column).map_err(|e| StoreError::statement(super::pool::chain(&e), sql))
        })
        .collect::<Result<_, _>>()
        .map(Row)
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(match *ty {
            Type::INT8 => Self::Int(i64::from_sql(ty, raw)?),
            Type::INT4 => Self::Int(i32::from_sql(ty, raw)?.into()),
            Type::INT2 => Self::Int(i16::from_sql(ty, raw)?.into()),
            Type::BOOL => Self::Int(bool::from_sql(ty, raw)?.into()),
            Type::FLOAT8 => Self::Real(f64::from_sql(ty, raw)?),
            Type::FLOAT4 => Self::Real(f32::from_sql(ty, raw)?.into()),
            Type::BYTEA => Self::Bytes(raw.to_vec()),
            Type::NUMERIC => numeric(raw)?,
            _ => Self::Text(String::from_sql(ty, raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(ty: &Type) -> bool {
        matches!(
            *ty,
            Type::INT8
                | Type::INT4
                | Type::INT2
                | Type::BOOL
                | Type::FLOAT8
                | Type::FLOAT4
                | Type::BYTEA
                | Type::NUMERIC
        ) || <String as FromSql>::accepts(ty)
    }
}

/// The sum of BIGINTs is a NUMERIC, which SQLite does not know: it becomes an integer where it is a whole number.
///
/// The format: number of digits, weight of the first, sign, digits shown after the point, then the digits, all 16 bits
/// wide; a digit is 0 to 9999 and stands for itself × 10000^weight (`src/backend/utils/adt/numeric.c`).
fn numeric(raw: &[u8]) -> Result<Value, Box<dyn Error + Sync + Send>> {
    let mut words = raw.chunks_exact(2).map(|w| w.iter().fold(0_u16, |n, b| n << 8 | u16::from(*b)));
    let mut word = || words.next().ok_or("a numeric ends early");
    let (digits, weight, sign, _scale) = (word()?, word()?.cast_signed(), word()?, word()?);
    if sign & 0xC000 == 0xC000 {
        return Err("a numeric is not a finite number".into());
    }
    let (mut whole, mut real, mut is_whole) = (Some(0_i64), 0_f64, true);
    let mut power = i32::from(weight);
    for _ in 0..digits {
        let digit = word()?;
        real += f64::from(digit) * 10_000_f64.powi(power);
        if power >= 0 {
            whole = whole.and_then(|n| n.checked_mul(10_000)?.checked_add(digit.into()));
        } else {
            is_whole &= digit == 0;
        }
        power -= 1;
    }
    // Digits that are zero at the end are left out on the wire.
    while power >= 0 {
        whole = whole.and_then(|n| n.checked_mul(10_000));
        power -= 1;
    }
    let negative = sign == 0x4000;
    Ok(match whole {
        Some(n) if is_whole => Value::Int(if negative { -n } else { n }),
        _ => Value::Real(if negative { -real } else { real }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerics_become_integers_where_they_are_whole() {
        for (words, wanted) in [
            (&[0, 0, 0, 0][..], Value::Int(0)),
            (&[1, 0, 0, 0, 42], Value::Int(42)),
            (&[1, 0, 0x4000, 0, 42], Value::Int(-42)),
            (&[1, 1, 0, 0, 3], Value::Int(30_000)),
            (&[2, 1, 0, 0, 3, 7], Value::Int(30_007)),
            (&[2, 0, 0, 1, 2, 5000], Value::Real(2.5)),
            (&[1, 0xFFFF, 0x4000, 1, 5000], Value::Real(-0.5)),
        ] {
            let raw: Vec<u8> = words.iter().flat_map(|w: &u16| w.to_be_bytes()).collect();
            assert_eq!(numeric(&raw).unwrap(), wanted, "{words:?}");
        }
        assert!(numeric(&[0, 1, 0, 0]).is_err());
        assert!(numeric(&[0, 0, 0, 0, 0xC0, 0, 0, 0]).is_err());
    }
}
