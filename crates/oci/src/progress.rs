/// What is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transfer {
    /// A layer, by its place in the image.
    Layer(usize),
    /// The whole image, out of a daemon.
    Export,
}

/// Hears how transfers go on; called from several threads at once, and often: it must be quick.
pub trait Progress: Send + Sync {
    /// A transfer begins; `total` in bytes, where it is known.
    fn started(&self, transfer: Transfer, total: Option<u64>);
    /// `bytes` more came.
    fn advanced(&self, transfer: Transfer, bytes: u64);
    /// It ended, well or not.
    fn finished(&self, transfer: Transfer);
}
