//! Texts for a terminal: what comes from a target must not steer it, and columns must line up in any script.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A text from the target as it may be printed: control characters, line separators, and the invisible characters that
/// turn or hide text are written as `\u{1b}`.
#[must_use]
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if steers(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// Control characters (C0, C1), soft hyphen, zero-width and bidirectional marks, line and paragraph separators, tags.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Columns that a text fills.
pub(crate) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// `text` and spaces up to `columns`.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Spaces up to `columns`, and `text`.
pub(crate) fn pad_left(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// `text` in at most `columns`, its beginning cut: the end of paths and module names is what tells them apart.
pub(crate) fn cut_left(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mut left = columns.saturating_sub(1);
    let mut from = text.len();
    for (at, c) in text.char_indices().rev() {
        let Some(rest) = left.checked_sub(c.width().unwrap_or(0)) else { break };
        left = rest;
        from = at;
    }
    Cow::Owned(format!("…{}", text.get(from..).unwrap_or_default()))
}

/// `text` in at most `columns`, its end cut.
pub(crate) fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mut left = columns.saturating_sub(1);
    let mut to = 0;
    for (at, c) in text.char_indices() {
        let Some(rest) = left.checked_sub(c.width().unwrap_or(0)) else { break };
        left = rest;
        to = at + c.len_utf8();
    }
    Cow::Owned(format!("{}…", text.get(..to).unwrap_or_default()))
}

/// Lines of at most `columns` where words allow it, those after the first indented by `hang`.
pub(crate) fn wrap(text: &str, columns: usize, hang: usize) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut used = 0;
    for (number, word) in text.split(' ').enumerate() {
        let wide = width(word);
        if number > 0 && used + 1 + wide > columns && used > hang {
            out.push('\n');
            out.push_str(&" ".repeat(hang));
            used = hang;
        } else if number > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += wide;
    }
    out
}

/// `9,586`: figures of four and more digits are read in groups.
pub(crate) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 finding`, `2,642 findings`.
pub(crate) fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_written_out() {
        for (text, shown) in [
            ("libssl3", "libssl3"),
            ("Grüße-名前", "Grüße-名前"),
            ("a\u{1b}[31mb", "a\\u{1b}[31mb"),
            ("a\r\nb\u{9b}", "a\\u{d}\\u{a}b\\u{9b}"),
            ("x\u{202e}fdp.exe\u{200b}", "x\\u{202e}fdp.exe\\u{200b}"),
        ] {
            assert_eq!(plain(text), shown);
        }
    }

    #[test]
    fn cutting_and_padding_count_columns_not_characters() {
        assert_eq!(cut("名前名前", 5), "名前…");
        assert_eq!(cut_left("名前名前", 5), "…名前");
        assert_eq!(cut_left("名前名前", 4), "…前");
        assert_eq!(cut_left("short", 5), "short");
        assert_eq!(pad("名前", 6), "名前  ");
        assert_eq!(pad_left("é", 3), "  é");
        for columns in 1..12 {
            assert!(width(&cut("a名b前c", columns)) <= columns);
            assert!(width(&cut_left("a名b前c", columns)) <= columns);
        }
    }

    #[test]
    fn lines_are_wrapped_at_words() {
        assert_eq!(wrap("  one two three", 9, 4), "  one two\n    three");
        assert_eq!(wrap("  averylongword b", 6, 4), "  averylongword\n    b");
        assert_eq!(wrap("short", 80, 4), "short");
    }

    #[test]
    fn numbers_are_grouped() {
        for (n, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(number(n), text);
        }
        assert_eq!(count(1, "finding", "findings"), "1 finding");
    }
}
