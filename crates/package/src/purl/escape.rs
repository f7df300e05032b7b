//! Percent-encoding as purl-spec has it.

use super::PurlReason;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Appends `text`; all but letters, digits, `.`, `-`, `_`, `~` and the colon (which the specification names) is escaped.
pub(super) fn encode(out: &mut String, text: &str) {
    for c in text.bytes() {
        if c.is_ascii_alphanumeric() || b".-_~:".contains(&c) {
            out.push(char::from(c));
        } else {
            out.push('%');
            for nibble in [c >> 4, c & 15] {
                out.push(char::from(HEX.get(usize::from(nibble)).copied().unwrap_or(b'0')));
            }
        }
    }
}

/// Decodes once: `%2525` is `%25`. Control characters are refused, as what is decoded is shown on terminals.
pub(super) fn decode(text: &str) -> Result<String, PurlReason> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(c) = rest.next() {
        if c == b'%' {
            let mut nibble = || {
                let digit = char::from(rest.next()?).to_digit(16)?;
                u8::try_from(digit).ok()
            };
            let (high, low) = nibble().zip(nibble()).ok_or(PurlReason::Escape)?;
            bytes.push(high << 4 | low);
        } else {
            bytes.push(c);
        }
    }
    let text = String::from_utf8(bytes).map_err(|_| PurlReason::Text)?;
    if text.chars().any(char::is_control) { Err(PurlReason::Text) } else { Ok(text) }
}
