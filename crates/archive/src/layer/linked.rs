use std::{collections::HashMap, io::Read};

use model::{Budget, Problem, Problems};

use super::{Select, Want, WantedLink, read_layer, too_large};
use crate::{Content, Entry, EntryId, LayerIndex};

/// Reads a layer again for hard links whose content had gone by when they were met: hands the content of each link's
/// target to `select` under the link's own name, as if it were a file there.
///
/// `index` is what [`read_layer`] gave for these very bytes under the same limits; links without a target in it are
/// left out.
pub fn read_linked<R: Read, S: Select + ?Sized>(
    source: R,
    name: &str,
    index: &LayerIndex,
    links: &[WantedLink],
    select: &mut S,
    budget: &Budget,
) -> Vec<Problem> {
    let mut names: HashMap<EntryId, Vec<EntryId>> = HashMap::new();
    for link in links {
        if let Some(target) = link.target {
            names.entry(target).or_default().push(link.name);
        }
    }
    if names.is_empty() {
        return Vec::new();
    }
    let mut renamed = Renamed { index, names, chosen: Vec::new(), problems: Problems::new(), inner: select };
    let read = read_layer(source, name, &mut renamed, budget);
    renamed.problems.extend(read.problems);
    renamed.problems.into_vec()
}

/// Hands a target's content on under the names of its links.
struct Renamed<'a, S: ?Sized> {
    index: &'a LayerIndex,
    names: HashMap<EntryId, Vec<EntryId>>,
    /// Links to the current file, and how they are wanted.
    chosen: Vec<(EntryId, Want)>,
    /// Links to a file that is too large under their own name, though another name's reader takes it.
    problems: Problems,
    inner: &'a mut S,
}

impl<S: Select + ?Sized> Select for Renamed<'_, S> {
    fn wants(&mut self, entry: &Entry<'_>) -> Want {
        self.chosen.clear();
        for &name in self.names.get(&entry.id).into_iter().flatten() {
            if let Some(link) = under(self.index, name, entry.size) {
                let want = self.inner.wants(&link);
                self.chosen.push((name, want));
            }
        }
        // The most that one of them wants.
        self.chosen.iter().fold(Want::Skip, |most, &(_, want)| match (most, want) {
            (most, Want::Skip) => most,
            (Want::Read { max: a }, Want::Read { max: b }) => Want::Read { max: a.max(b) },
            (_, Want::Read { max }) | (Want::Read { max }, _) => Want::Read { max },
            (Want::Peek(a), Want::Peek(b)) => Want::Peek(a.max(b)),
            (Want::Skip, peek) => peek,
        })
    }

    fn peeked(&mut self, entry: &Entry<'_>, head: &[u8]) -> Want {
        let mut most = Want::Skip;
        for (name, want) in &mut self.chosen {
            if let (Want::Peek(n), Some(link)) = (*want, under(self.index, *name, entry.size)) {
                *want = self.inner.peeked(&link, head.get(..n).unwrap_or(head));
            }
            if let Want::Read { max } = *want {
                most = match most {
                    Want::Read { max: other } => Want::Read { max: max.max(other) },
                    _ => *want,
                };
            }
        }
        most
    }

    fn file(&mut self, entry: &Entry<'_>, content: Content<'_>) {
        for (name, want) in &self.chosen {
            let Some(link) = under(self.index, *name, entry.size) else { continue };
            let want = match *want {
                // Another name wanted the whole file, so nobody was asked about its first bytes.
                Want::Peek(n) => {
                    let mut head = vec![0; n.min(super::PEEK_MAX)];
                    let read = crate::ReadAt::read_full_at(&content, 0, &mut head).unwrap_or(0);
                    self.inner.peeked(&link, head.get(..read).unwrap_or_default())
                }
                want => want,
            };
            match want {
                Want::Read { max } if content.len() <= max => self.inner.file(&link, content),
                Want::Read { max } => self.problems.push(too_large(link.path, content.len(), max)),
                Want::Skip | Want::Peek(_) => {}
            }
        }
    }
}

/// The entry of a link, with the size of its content.
fn under(index: &LayerIndex, name: EntryId, size: u64) -> Option<Entry<'_>> {
    index.entry(name).map(|link| Entry { size, ..link })
}
