//! Colour, where it is wanted. Nothing is told by colour alone.

use model::Severity;

/// How texts are coloured, or not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) color: bool,
}

impl Style {
    fn wrap(self, code: &str, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    pub(crate) fn alarm(self, text: &str) -> String {
        self.wrap("1;31", text)
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.wrap("1;32", text)
    }

    pub(crate) fn warn(self, text: &str) -> String {
        self.wrap("1;33", text)
    }

    pub(crate) fn severity(self, severity: Severity, text: &str) -> String {
        match severity {
            Severity::Critical => self.wrap("1;31", text),
            Severity::High => self.wrap("31", text),
            Severity::Medium => self.wrap("33", text),
            Severity::Low | Severity::Negligible => self.wrap("36", text),
            Severity::Unknown => self.wrap("2", text),
        }
    }
}
