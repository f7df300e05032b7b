//! Builds of the Red Hat family: module streams (one name, several lines of versions side by side), and the same version
//! built for several minor releases.

/// The part of a release that names the module build: `module_el8.9.0+3739+514705ed` of
/// `15.6-1.module_el8.9.0+3739+514705ed.alma.1`. AlmaLinux writes `module_el`, Red Hat and Rocky `module+el`.
#[must_use]
pub(crate) fn build_tag(version: &str) -> Option<&str> {
    let start = version.find("module_el").or_else(|| version.find("module+el"))?;
    let tail = version.get(start..)?;
    // The platform, then `+number`, then `+hash`: the hash ends at what is neither letter nor digit.
    let platform = tail.get(7..)?;
    let number = 7 + platform.get(1..)?.find('+')? + 2;
    let hash = number + tail.get(number..)?.find('+')? + 1;
    let end =
        tail.get(hash..)?.find(|c: char| !c.is_ascii_alphanumeric()).map_or(tail.len(), |len| hash + len);
    tail.get(..end)
}

/// `name:stream` of a label `name:stream:version:context`.
#[must_use]
pub(crate) fn stream_of_label(label: &str) -> Option<&str> {
    let name = label.find(':')?;
    let stream = label.get(name + 1..)?;
    let end = stream.find(':').map_or(label.len(), |len| name + 1 + len);
    label.get(..end).filter(|stream| !stream.ends_with(':'))
}

/// The part of a version that names the platform it was built for: `el8`, `el8_6` of `16.el8_6.13`, `module_el8.6.0` of a
/// modular build. `None` where it names none.
#[must_use]
pub(crate) fn platform(version: &str) -> Option<&str> {
    if let Some(tag) = build_tag(version) {
        return tag.split('+').next().filter(|platform| *platform != "module").or_else(|| {
            // `module+el8.9.0+20317+e4ed2dd8`
            let end = tag.match_indices('+').nth(1).map(|(at, _)| at)?;
            tag.get(..end)
        });
    }
    let start = version.rfind(".el")? + 1;
    let rest = version.get(start + 2..)?;
    let len = rest.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(rest.len());
    if len == 0 { None } else { version.get(start..start + 2 + len) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags() {
        assert_eq!(
            build_tag("15.6-1.module_el8.9.0+3739+514705ed.alma.1"),
            Some("module_el8.9.0+3739+514705ed")
        );
        assert_eq!(
            build_tag("1:18.19.1-1.module_el8.9.0+3753+4de0891b"),
            Some("module_el8.9.0+3753+4de0891b")
        );
        assert_eq!(build_tag("9.2-1.module+el8.9.0+20317+e4ed2dd8"), Some("module+el8.9.0+20317+e4ed2dd8"));
        assert_eq!(build_tag("3.6.8-37.el8"), None);
        assert_eq!(build_tag("1-1.module_el"), None);
        assert_eq!(build_tag("1-1.module_el8.9"), None);
    }

    #[test]
    fn platforms() {
        for (version, expected) in [
            ("3.6.8-37.el8", Some("el8")),
            ("3.6.8-41.el8.alma", Some("el8")),
            ("2:8.0.1763-16.el8_5.13", Some("el8_5")),
            ("91.3.0-2.el8_4.alma.plus", Some("el8_4")),
            ("1:1.0.3-1.module_el8.6.0+2877+8e437bf5", Some("module_el8.6.0")),
            ("9.2-1.module+el8.9.0+20317+e4ed2dd8", Some("module+el8.9.0")),
            ("1.0-1", None),
            ("1.0-1.elf", None),
            ("", None),
        ] {
            assert_eq!(platform(version), expected, "{version}");
        }
    }

    #[test]
    fn labels() {
        assert_eq!(stream_of_label("nodejs:18:8090020230718:abc"), Some("nodejs:18"));
        assert_eq!(stream_of_label("nodejs:18"), Some("nodejs:18"));
        assert_eq!(stream_of_label("nodejs"), None);
        assert_eq!(stream_of_label("nodejs:"), None);
    }
}
