use std::io;

use model::{Effect, Platform, Problem, ProblemCode};

use crate::problems;

/// Why an image or a layer could not be had. Every message says what, where and what to do about it; addresses in it
/// are cleaned of user names, passwords and query strings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or a pipe could not be read or written.
    #[error("{what}: {source}")]
    Io {
        /// The file and what was done with it.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// The text is no image reference.
    #[error("'{text}' names no image: {why}; write [registry[:port]/]repository[:tag][@sha256:…]")]
    Reference {
        /// The text, shortened.
        text: String,
        /// The rule it breaks.
        why: &'static str,
    },
    /// No such image, manifest or blob.
    #[error("{what} was not found; {advice}")]
    NotFound {
        /// What was looked for, and where.
        what: String,
        /// What to do about it.
        advice: String,
    },
    /// The registry refuses these credentials, or wants some.
    #[error("{registry} denies access to {what}{said}; {advice}")]
    Denied {
        /// The registry's host.
        registry: String,
        /// What was asked for.
        what: String,
        /// What the registry said, with a leading ": ", or nothing.
        said: String,
        /// What to do about it.
        advice: String,
    },
    /// Credentials could not be read or fetched.
    #[error("credentials from {from}: {why}")]
    Credentials {
        /// File or helper program.
        from: String,
        /// What happened.
        why: String,
    },
    /// A server or a manifest named an address that must not be contacted on its word.
    #[error("{named_by} names {address}, which is {why}: not contacted; {advice}")]
    Refused {
        /// Who named it: a redirect, a token realm, a foreign layer.
        named_by: String,
        /// The address, cleaned.
        address: String,
        /// Why it is refused.
        why: String,
        /// What to do about it.
        advice: String,
    },
    /// Larger than the limit.
    #[error("{what} is larger than the limit of {limit} bytes")]
    TooLarge {
        /// The document or archive.
        what: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// Other bytes than promised.
    #[error("{what} has the digest {actual}, not {expected}: it was damaged or replaced")]
    Digest {
        /// The document.
        what: String,
        /// The promised digest.
        expected: String,
        /// The digest of what came.
        actual: String,
    },
    /// More or fewer bytes than promised.
    #[error("{what} has {actual} bytes, not the {expected} that are promised: it was cut off or replaced")]
    Length {
        /// The document or blob.
        what: String,
        /// The promised bytes.
        expected: u64,
        /// The bytes that there are; one more than `expected` where reading stopped there.
        actual: u64,
    },
    /// Not what the specification says.
    #[error("{what} cannot be understood: {why}")]
    Malformed {
        /// The document.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// A form that is known but not read.
    #[error("{what} cannot be scanned: {why}")]
    Unsupported {
        /// The document.
        what: String,
        /// Why, and what to do.
        why: String,
    },
    /// Several images, and none chosen.
    #[error("{what} holds several images, choose one: {}", .choices.join(", "))]
    Choice {
        /// The archive or layout.
        what: String,
        /// The names to choose from, at most 50.
        choices: Vec<String>,
    },
    /// No image for the platform.
    #[error("{what} has no image for {wanted}; it has {}", list(.available))]
    Platform {
        /// The index.
        what: String,
        /// The platform that was asked for.
        wanted: Platform,
        /// What there is.
        available: Vec<Platform>,
    },
    /// An answer that is no success.
    #[error("{url} answers {status}{said}")]
    Http {
        /// The address, cleaned.
        url: String,
        /// The status code.
        status: u16,
        /// What the server said, with a leading ": ", or nothing.
        said: String,
    },
    /// The server could not be reached, or the connection broke.
    #[error("{url}: {why}")]
    Network {
        /// The address, cleaned.
        url: String,
        /// What happened.
        why: String,
    },
    /// Nothing came for too long.
    #[error("{url} sent nothing for {seconds} s; try again, or raise the time limit")]
    Stalled {
        /// The address, cleaned.
        url: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The layer is encrypted.
    #[error("layer {layer} is encrypted ({media_type}): scan the image before it is encrypted")]
    Encrypted {
        /// The layer's place in its image, or its digest.
        layer: String,
        /// Its media type.
        media_type: String,
    },
}

fn list(platforms: &[Platform]) -> String {
    if platforms.is_empty() {
        return "none that names its platform".to_owned();
    }
    platforms.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Error {
    /// The stable code of what happened.
    #[must_use]
    pub const fn code(&self) -> ProblemCode {
        match self {
            Self::Io { .. } => problems::IO,
            Self::Reference { .. } => problems::REFERENCE,
            Self::NotFound { .. } => problems::NOT_FOUND,
            Self::Denied { .. } => problems::DENIED,
            Self::Credentials { .. } => problems::CREDENTIALS,
            Self::Refused { .. } => problems::ADDRESS_REFUSED,
            Self::TooLarge { .. } => problems::TOO_LARGE,
            Self::Digest { .. } => problems::DIGEST,
            Self::Length { .. } => problems::LENGTH,
            Self::Malformed { .. } => problems::MALFORMED,
            Self::Unsupported { .. } => problems::UNSUPPORTED,
            Self::Choice { .. } => problems::CHOICE,
            Self::Platform { .. } => problems::PLATFORM,
            Self::Http { .. } => problems::HTTP,
            Self::Network { .. } => problems::NETWORK,
            Self::Stalled { .. } => problems::STALLED,
            Self::Encrypted { .. } => problems::ENCRYPTED_LAYER,
        }
    }

    /// The same as a problem of `subject` (a layer, an image), for a scan that goes on without it: packages may be
    /// missing.
    #[must_use]
    pub fn to_problem(&self, subject: impl Into<String>) -> Problem {
        let problem = Problem::new(self.code(), subject, Effect::MayHidePackages, self.to_string());
        match self {
            Self::TooLarge { limit, .. } => problem.with_limit(*limit),
            Self::Stalled { seconds, .. } => problem.with_limit(*seconds),
            _ => problem,
        }
    }

    /// The error of this crate inside one that a [`Blob`](crate::Blob)'s reader gave.
    #[must_use]
    pub fn in_io(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }

    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    pub(crate) fn malformed(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Malformed { what: what.into(), why: why.into() }
    }

    /// For a reader's `Err`.
    pub(crate) fn into_io(self) -> io::Error {
        let kind = match &self {
            Self::Io { source, .. } => source.kind(),
            Self::Stalled { .. } => io::ErrorKind::TimedOut,
            Self::NotFound { .. } => io::ErrorKind::NotFound,
            Self::Denied { .. } | Self::Refused { .. } => io::ErrorKind::PermissionDenied,
            Self::Length { actual, expected, .. } if actual < expected => io::ErrorKind::UnexpectedEof,
            _ => io::ErrorKind::InvalidData,
        };
        io::Error::new(kind, self)
    }
}
