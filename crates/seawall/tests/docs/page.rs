//! A page of Markdown, as far as the tests look at it.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A page.
pub(crate) struct Page {
    /// From the root of the repository.
    pub(crate) name: String,
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// All of it.
    pub(crate) text: String,
}

/// A fenced block.
pub(crate) struct Block<'a> {
    /// The first word after the fence: its language.
    pub(crate) language: &'a str,
    /// The second word: the file that it is.
    pub(crate) file: Option<&'a str>,
    /// Number of its first line, from 1.
    pub(crate) line: usize,
    /// What stands in it, without the indentation of its fence.
    pub(crate) lines: Vec<&'a str>,
}

impl Block<'_> {
    /// Its lines as one text.
    pub(crate) fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

impl Page {
    /// The pages of the manual and the README.
    pub(crate) fn all(root: &Path) -> Vec<Self> {
        let mut paths: Vec<PathBuf> = fs::read_dir(root.join("docs"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
            .collect();
        paths.push(root.join("README.md"));
        paths.sort();
        paths.into_iter().map(|path| Self::read(root, path)).collect()
    }

    pub(crate) fn read(root: &Path, path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { name: path.strip_prefix(root).unwrap().display().to_string(), path, text }
    }

    /// Its fenced blocks.
    pub(crate) fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks = Vec::new();
        let mut open: Option<(usize, Block<'_>)> = None;
        for (number, line) in self.text.lines().enumerate() {
            let content = line.trim_start();
            let fence = content.starts_with("```");
            match &mut open {
                None if fence => {
                    let mut words = content.trim_start_matches('`').split_whitespace();
                    let language = words.next().unwrap_or_default();
                    let block = Block { language, file: words.next(), line: number + 2, lines: Vec::new() };
                    open = Some((line.len() - content.len(), block));
                }
                None => {}
                Some(_) if fence => blocks.extend(open.take().map(|(_, block)| block)),
                Some((indent, block)) => block.lines.push(line.get(*indent..).unwrap_or_default()),
            }
        }
        assert!(open.is_none(), "{}: a block does not end", self.name);
        blocks
    }

    /// Its lines outside fenced blocks, with their numbers from 1.
    pub(crate) fn prose(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut inside = false;
        self.text.lines().enumerate().filter_map(move |(number, line)| {
            let fence = line.trim_start().starts_with("```");
            inside ^= fence;
            (!inside && !fence).then_some((number + 1, line))
        })
    }

    /// What stands in backquotes outside fenced blocks, with the numbers of the lines.
    pub(crate) fn inline_code(&self) -> Vec<(usize, &str)> {
        self.prose()
            .flat_map(|(number, line)| line.split('`').skip(1).step_by(2).map(move |code| (number, code)))
            .collect()
    }

    /// The names under which its headings can be linked to.
    pub(crate) fn anchors(&self) -> Vec<String> {
        self.prose()
            .filter_map(|(_, line)| Some(line.strip_prefix('#')?.trim_start_matches('#').trim()))
            .map(|heading| {
                heading
                    .to_lowercase()
                    .chars()
                    .filter_map(|c| match c {
                        ' ' => Some('-'),
                        c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
                        _ => None,
                    })
                    .collect()
            })
            .collect()
    }

    /// The part below the heading `title`, up to the next heading of its level or above; as numbered lines.
    pub(crate) fn section(&self, title: &str) -> Vec<(usize, &str)> {
        let level = |line: &str| line.chars().take_while(|c| *c == '#').count();
        let mut inside = 0;
        let mut lines = Vec::new();
        for (number, line) in self.prose() {
            let here = level(line);
            if here > 0 && inside > 0 && here <= inside {
                break;
            }
            if here > 0 && line.trim_start_matches('#').trim().trim_matches('`') == title {
                inside = here;
            }
            if inside > 0 {
                lines.push((number, line));
            }
        }
        assert!(!lines.is_empty(), "{} has no section '{title}'", self.name);
        lines
    }

    /// The code in the first cell of each row of its tables, with the numbers of the lines.
    pub(crate) fn first_cells<'a>(
        lines: impl IntoIterator<Item = (usize, &'a str)>,
    ) -> Vec<(usize, &'a str)> {
        lines
            .into_iter()
            .filter_map(|(number, line)| Some((number, line.strip_prefix('|')?.split('|').next()?)))
            .flat_map(|(number, cell)| cell.split('`').skip(1).step_by(2).map(move |code| (number, code)))
            .collect()
    }
}
