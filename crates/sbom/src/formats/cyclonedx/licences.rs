//! Which licences may stand as SPDX ids: the schema takes ids of SPDX's list only, any other text is a name.

/// The ids that nearly all packages use. Others are written as names, which is valid too.
static IDS: &[&str] = &[
    "0BSD",
    "AFL-2.1",
    "AFL-3.0",
    "AGPL-3.0-only",
    "AGPL-3.0-or-later",
    "Apache-1.1",
    "Apache-2.0",
    "Artistic-1.0",
    "Artistic-1.0-Perl",
    "Artistic-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSD-4-Clause",
    "BSL-1.0",
    "BlueOak-1.0.0",
    "CC-BY-3.0",
    "CC-BY-4.0",
    "CC-BY-SA-4.0",
    "CC0-1.0",
    "CDDL-1.0",
    "CDDL-1.1",
    "CPL-1.0",
    "EPL-1.0",
    "EPL-2.0",
    "EUPL-1.2",
    "GFDL-1.3-only",
    "GFDL-1.3-or-later",
    "GPL-2.0-only",
    "GPL-2.0-or-later",
    "GPL-3.0-only",
    "GPL-3.0-or-later",
    "HPND",
    "ICU",
    "IJG",
    "ISC",
    "LGPL-2.0-only",
    "LGPL-2.0-or-later",
    "LGPL-2.1-only",
    "LGPL-2.1-or-later",
    "LGPL-3.0-only",
    "LGPL-3.0-or-later",
    "Libpng",
    "MIT",
    "MIT-0",
    "MPL-1.1",
    "MPL-2.0",
    "MS-PL",
    "NCSA",
    "OFL-1.1",
    "OpenSSL",
    "PHP-3.01",
    "PSF-2.0",
    "PostgreSQL",
    "Python-2.0",
    "Ruby",
    "TCL",
    "UPL-1.0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Vim",
    "W3C",
    "WTFPL",
    "X11",
    "ZPL-2.1",
    "Zlib",
    "blessing",
    "bzip2-1.0.6",
    "curl",
];

/// Is this an SPDX id?
pub(super) fn is_id(text: &str) -> bool {
    IDS.binary_search(&text).is_ok()
}

/// Is this an SPDX expression of known ids, with at least one operator?
pub(super) fn is_expression(text: &str) -> bool {
    let mut operators = 0;
    let mut operand = true;
    for word in text.split([' ', '(', ')']).filter(|word| !word.is_empty()) {
        let fits = if operand { is_id(word) } else { matches!(word, "AND" | "OR") };
        if !fits {
            return false;
        }
        operators += usize::from(!operand);
        operand = !operand;
    }
    let open = text.matches('(').count();
    !operand && operators > 0 && open == text.matches(')').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stand_in_order() {
        assert!(IDS.is_sorted());
        assert!(is_id("MIT") && !is_id("mit") && !is_id("GPL-2+"));
    }

    #[test]
    fn expressions() {
        for text in ["MIT OR Apache-2.0", "(MIT OR Apache-2.0) AND Unicode-3.0"] {
            assert!(is_expression(text), "{text}");
        }
        for text in ["MIT", "MIT OR", "MIT or Apache-2.0", "GPL-2+ OR MIT", "(MIT OR ISC", "MIT ISC", ""] {
            assert!(!is_expression(text), "{text}");
        }
    }
}
