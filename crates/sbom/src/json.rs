//! Lenient pieces of JSON: a field of the wrong type counts as absent, since one odd field must not hide a package.
//! Objects are read by hand-written visitors, not derived ones, as JSON may repeat a key and the last one then holds.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

/// A text; `None` where the value is something else. Numbers become text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) Option<String>);

/// A truth value; anything else is false.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flag(pub(crate) bool);

/// Names: an array of texts or the keys of an object; `true` means all, and whatever else none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// At most [`Names::MAX`].
    pub(crate) names: Vec<String>,
    /// The value was `true`.
    pub(crate) all: bool,
    /// How many were left out past the limit.
    pub(crate) dropped: u64,
}

impl Names {
    /// The longest list of dependencies that is kept; the largest real ones have some hundreds.
    pub(crate) const MAX: usize = 2_000;

    fn push(&mut self, name: String) {
        if self.names.len() < Self::MAX {
            self.names.push(name);
        } else {
            self.dropped += 1;
        }
    }
}

/// Licences in all of the shapes that package.json had through the years: a text, `{"type": …}`, an array of these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Licences(pub(crate) Vec<String>);

macro_rules! otherwise {
    ($value:expr) => {
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($value)
        }

        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok($value)
        }
    };
}

macro_rules! no_number {
    ($value:expr) => {
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($value)
        }

        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($value)
        }

        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($value)
        }
    };
}

macro_rules! no_seq {
    ($value:expr) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok($value)
        }
    };
}

macro_rules! no_map {
    ($value:expr) => {
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok($value)
        }
    };
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text(Some(text.to_owned())))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Text, E> {
                Ok(Text(None))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Text, E> {
                Ok(Text(Some(number.to_string())))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Text, E> {
                Ok(Text(Some(number.to_string())))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Text, E> {
                Ok(Text(Some(number.to_string())))
            }

            otherwise!(Text(None));
            no_seq!(Text(None));
            no_map!(Text(None));
        }
        deserializer.deserialize_any(Read)
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Flag;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true or false")
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Flag, E> {
                Ok(Flag(flag))
            }

            fn visit_str<E>(self, _: &str) -> Result<Flag, E> {
                Ok(Flag(false))
            }

            otherwise!(Flag(false));
            no_number!(Flag(false));
            no_seq!(Flag(false));
            no_map!(Flag(false));
        }
        deserializer.deserialize_any(Read)
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Names;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("names")
            }

            fn visit_bool<E>(self, all: bool) -> Result<Names, E> {
                Ok(Names { all, ..Names::default() })
            }

            fn visit_str<E>(self, _: &str) -> Result<Names, E> {
                Ok(Names::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Names, A::Error> {
                let mut names = Names::default();
                while let Some(item) = seq.next_element::<Text>()? {
                    if let Some(name) = item.0 {
                        names.push(name);
                    }
                }
                Ok(names)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                let mut names = Names::default();
                while let Some((key, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
                    names.push(key);
                }
                Ok(names)
            }

            otherwise!(Names::default());
            no_number!(Names::default());
        }
        deserializer.deserialize_any(Read)
    }
}

impl<'de> Deserialize<'de> for Licences {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Licences;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("licences")
            }

            fn visit_bool<E>(self, _: bool) -> Result<Licences, E> {
                Ok(Licences::default())
            }

            fn visit_str<E>(self, text: &str) -> Result<Licences, E> {
                let text = text.trim();
                Ok(Licences(if text.is_empty() { Vec::new() } else { vec![text.to_owned()] }))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Licences, A::Error> {
                let mut all = Vec::new();
                while let Some(item) = seq.next_element::<Licences>()? {
                    all.extend(item.0);
                }
                Ok(Licences(all))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Licences, A::Error> {
                let (mut kind, mut name) = (None, None);
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "type" => kind = map.next_value::<Text>()?.0,
                        "name" => name = map.next_value::<Text>()?.0,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(Licences(kind.or(name).into_iter().collect()))
            }

            otherwise!(Licences::default());
            no_number!(Licences::default());
        }
        deserializer.deserialize_any(Read)
    }
}

/// Calls `f` with each key of an object; `f` must take the value from the map. Anything but an object is skipped.
pub(crate) struct Object<F>(pub(crate) F);

/// Takes one value.
pub(crate) trait Take<'de> {
    /// Reads the value of `key`.
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error>;
}

impl<'de, F: Take<'de>> DeserializeSeed<'de> for Object<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: Take<'de>> Visitor<'de> for Object<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        // One buffer for all keys.
        let mut key = String::new();
        while map.next_key_seed(Into(&mut key))?.is_some() {
            self.0.take(&key, &mut map)?;
        }
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    otherwise!(());
    no_number!(());
    no_seq!(());
}

/// Reads a text into a buffer that is used again.
struct Into<'b>(&'b mut String);

impl<'de> DeserializeSeed<'de> for Into<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Into<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.0.clear();
        self.0.push_str(text);
        Ok(())
    }
}

/// Calls a function with each element of an array while it is read, so that those before a damage are kept. Anything
/// but an array is skipped.
pub(crate) struct Each<F>(pub(crate) F);

impl<'de, F: FnMut(&'de RawValue)> DeserializeSeed<'de> for Each<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(&'de RawValue)> Visitor<'de> for Each<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        while let Some(element) = seq.next_element::<&'de RawValue>()? {
            (self.0)(element);
        }
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    otherwise!(());
    no_number!(());
    no_map!(());
}

/// Calls `f` with each element of an array; nothing happens where it is none.
pub(crate) fn each<'a>(value: &'a RawValue, f: impl FnMut(&'a RawValue)) {
    // A raw value was found to be valid JSON when it was made.
    let _ = Each(f).deserialize(&mut serde_json::Deserializer::from_str(value.get()));
}

/// Calls `f` with each key and value of an object; nothing happens where it is none.
pub(crate) fn fields<'a>(value: &'a RawValue, f: impl FnMut(&str, &'a RawValue)) {
    struct Call<F>(F);
    impl<'de, F: FnMut(&str, &'de RawValue)> Take<'de> for Call<F> {
        fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
            (self.0)(key, map.next_value::<&'de RawValue>()?);
            Ok(())
        }
    }
    let _ = Object(Call(f)).deserialize(&mut serde_json::Deserializer::from_str(value.get()));
}

/// The text that a value is, where it is one.
pub(crate) fn text(value: &RawValue) -> Option<String> {
    serde_json::from_str::<Text>(value.get()).ok()?.0
}
