//! Versions of the toolchain as the standard library's version.

/// `1.25.3` for `go1.25.3 X:nocoverageredesign`, `1.27.0-rc.1` for `go1.27rc1`. `None` for development builds, which
/// stand between releases and compare with none.
pub(crate) fn version(toolchain: &str) -> Option<String> {
    let text = toolchain.strip_prefix("go")?;
    let text = text.split(' ').next()?;
    let at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (numbers, pre) = text.split_at(at);
    let mut parts: Vec<&str> = numbers.split('.').collect();
    if parts.len() > 3
        || parts.iter().any(|part| part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()))
    {
        return None;
    }
    while parts.len() < 3 {
        parts.push("0");
    }
    let numbers = parts.join(".");
    if pre.is_empty() {
        return Some(numbers);
    }
    let (word, count) = pre.split_at(pre.find(|c: char| c.is_ascii_digit())?);
    (matches!(word, "rc" | "beta") && count.bytes().all(|b| b.is_ascii_digit()))
        .then(|| format!("{numbers}-{word}.{count}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_31_experiments_are_dropped_and_development_builds_are_unknown() {
        for (toolchain, expected) in [
            ("go1.25.3", Some("1.25.3")),
            ("go1.23.1 X:nocoverageredesign", Some("1.23.1")),
            ("go1.20", Some("1.20.0")),
            ("go1.27rc1", Some("1.27.0-rc.1")),
            ("go1.9beta2", Some("1.9.0-beta.2")),
            ("go1.25-20250209-RC00 cl/724858483", None),
            ("devel go1.24-abc123 Thu", None),
            ("go1.22.1-fips", None),
            ("", None),
            ("go", None),
            ("go1..2", None),
        ] {
            assert_eq!(version(toolchain).as_deref(), expected, "{toolchain}");
        }
    }
}
