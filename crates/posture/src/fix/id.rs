use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

use super::Key;

/// The identity of an action: deed, type, release and name, as one segment of an address: `upgrade~deb~Debian:12~openssl`.
///
/// The target is no part of it, so that an action stays itself when a newer version comes out. What is neither letter,
/// digit nor one of `.-_+@:` is written as `=` with two hex digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActionId(pub String);

impl ActionId {
    /// Longest id in bytes. A longer one is cut and ends in a hash of the whole.
    pub const MAX: usize = 240;

    pub(super) fn of(key: &Key<'_>) -> Self {
        let mut id = key.deed.as_str().to_owned();
        if let Some(kind) = key.kind {
            segment(&mut id, kind.as_str());
        }
        if let Some((ecosystem, release)) = key.distribution {
            segment(&mut id, &format!("{}:{release}", ecosystem.row().osv));
        }
        segment(&mut id, key.name);
        if id.len() > Self::MAX {
            // FNV-1a of 64 bits: telling apart, not proof; names as long as these are paths.
            let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
            id.truncate(Self::MAX - 17);
            // Writing to a text cannot fail.
            let _ = write!(id, "~{hash:016x}");
        }
        Self(id)
    }
}

impl fmt::Display for ActionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

fn segment(out: &mut String, text: &str) {
    out.push('~');
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'+' | b'@' | b':') {
            out.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(out, "={byte:02x}");
        }
    }
}

#[cfg(test)]
mod tests {
    use package::{Ecosystem, PackageType};

    use super::*;
    use crate::Deed;

    #[test]
    fn ids_are_one_segment_and_different_things_have_different_ones() {
        fn id(deed: Deed, kind: Option<PackageType>, release: Option<&str>, name: &str) -> String {
            let distribution = release.map(|release| (Ecosystem::Debian, release));
            ActionId::of(&Key { deed, kind, distribution, name }).0
        }
        let npm = Some(PackageType::Npm);
        assert_eq!(id(Deed::Upgrade, npm, None, "@babel/core"), "upgrade~npm~@babel=2fcore");
        assert_eq!(id(Deed::Upgrade, npm, None, "a~b=c é"), "upgrade~npm~a=7eb=3dc=20=c3=a9");
        assert_eq!(id(Deed::RebuildOnBase, None, None, "debian:12-slim"), "rebuild-on-base~debian:12-slim");
        let deb = Some(PackageType::Deb);
        assert_eq!(id(Deed::Upgrade, deb, Some("12"), "openssl"), "upgrade~deb~Debian:12~openssl");
        let (long, other) = ("x".repeat(4096), format!("{}y", "x".repeat(4095)));
        let [long, other] = [long, other].map(|name| id(Deed::Rebuild, None, None, &name));
        assert_eq!((long.len(), other.len()), (ActionId::MAX, ActionId::MAX));
        assert_ne!(long, other);
    }
}
