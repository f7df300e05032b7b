//! The lines of module information (Go's `runtime/debug.BuildInfo`): tab-separated, one fact a line.

/// What the lines say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ModInfo {
    /// Import path of the main package.
    pub(crate) path: String,
    /// Main module first, where it is named.
    pub(crate) modules: Vec<Named>,
    /// `GOOS`.
    pub(crate) goos: Option<String>,
    /// `GOARCH`.
    pub(crate) goarch: Option<String>,
    /// `CGO_ENABLED`.
    pub(crate) cgo: Option<bool>,
    /// Lines that say nothing that is known; the format may grow.
    pub(crate) strange: u64,
}

/// A module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    /// Import path prefix of its packages.
    pub(crate) path: String,
    /// As required.
    pub(crate) version: String,
    /// It is the main module.
    pub(crate) main: bool,
    /// What stands in for it: path and version.
    pub(crate) replacement: Option<(String, String)>,
}

/// Reads the lines. Nothing in them can make it fail.
pub(crate) fn parse(text: &str) -> ModInfo {
    let mut info = ModInfo::default();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let mut columns = line.split('\t');
        let word = columns.next().unwrap_or_default();
        let (first, second) = (columns.next().unwrap_or_default(), columns.next().unwrap_or_default());
        match word {
            "path" => info.path = first.to_owned(),
            "mod" | "dep" if !first.is_empty() => info.modules.push(Named {
                path: first.to_owned(),
                version: second.to_owned(),
                main: word == "mod",
                replacement: None,
            }),
            "=>" => match info.modules.last_mut() {
                Some(module) => module.replacement = Some((first.to_owned(), second.to_owned())),
                None => info.strange += 1,
            },
            "build" => {
                let value = |name| first.strip_prefix(name).and_then(|rest: &str| rest.strip_prefix('='));
                if let Some(goos) = value("GOOS") {
                    info.goos = Some(goos.to_owned());
                } else if let Some(goarch) = value("GOARCH") {
                    info.goarch = Some(goarch.to_owned());
                } else if let Some(cgo) = value("CGO_ENABLED") {
                    info.cgo = Some(cgo == "1");
                }
            }
            _ => info.strange += 1,
        }
    }
    info
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_modules_replacements_and_settings() {
        let info = parse(
            "path\texample.com/app/cmd/app\nmod\texample.com/app\t(devel)\t\ndep\tgolang.org/x/text\tv0.3.0\th1:x=\n\
             dep\texample.com/a\tv1.0.0\n=>\texample.com/fork\tv1.0.1\th1:y=\nbuild\t-compiler=gc\nbuild\tCGO_ENABLED=0\n\
             build\tGOARCH=arm64\nbuild\tGOOS=linux\nbuild\tvcs.revision=abc\nnew\tword\n",
        );
        assert_eq!(info.path, "example.com/app/cmd/app");
        assert_eq!(info.modules.len(), 3);
        assert!(info.modules[0].main);
        assert_eq!(info.modules[2].replacement, Some(("example.com/fork".into(), "v1.0.1".into())));
        assert_eq!(
            (info.goos.as_deref(), info.goarch.as_deref(), info.cgo),
            (Some("linux"), Some("arm64"), Some(false))
        );
        assert_eq!(info.strange, 1);
    }

    #[test]
    fn lines_that_lie_are_counted() {
        assert_eq!(parse("=>\ta\tb\n\t\t\ndep\n").strange, 3);
        assert_eq!(parse("").modules, []);
    }
}
