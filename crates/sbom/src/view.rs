/// The merged file system as [`crate::assemble`] needs it. Paths have no leading slash; `scan` implements this over the
/// merged layers of an image and over a walked root file system alike.
pub trait View {
    /// Is there a file, directory or link at this canonical path?
    fn exists(&self, path: &str) -> bool;

    /// Follows symbolic links in all components, inside the root; `None` where it leads nowhere.
    fn resolve(&self, path: &str) -> Option<String>;

    /// Follows symbolic links in all components but the last: the name under which an entry is kept.
    fn canonical(&self, path: &str) -> String;

    /// The layers that wrote (`true`) or removed (`false`) this canonical path, base first.
    fn versions(&self, path: &str) -> Vec<(u32, bool)>;

    /// Has it layers (an image), or is it one file system, whose packages have no layer?
    fn layered(&self) -> bool;
}
