use model::{Digest, Layer, Severity};
use package::PackageIndex;

/// What a document says beside the catalogue. Engines know no clock and no chance: time and serial number come from
/// the caller.
#[derive(Clone, Debug, Default)]
pub struct DocumentInfo<'a> {
    /// Name of what was looked at: an image reference, a host name, a path.
    pub name: &'a str,
    /// Its version; of an image the tag or digest.
    pub version: Option<&'a str>,
    /// What it is.
    pub kind: SubjectKind,
    /// Its package URL, as `pkg:oci/…`.
    pub purl: Option<&'a str>,
    /// Its digest.
    pub digest: Option<Digest>,
    /// Version of Seawall.
    pub tool_version: &'a str,
    /// RFC 3339.
    pub timestamp: Option<&'a str>,
    /// `urn:uuid:…`, see [`urn_uuid`].
    pub serial_number: Option<&'a str>,
    /// Layers of an image, base first: components name the digest and instruction of theirs.
    pub layers: &'a [Layer],
    /// Findings, where the document is to carry them.
    pub vulnerabilities: &'a [Vulnerability],
}

/// What a document is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SubjectKind {
    /// A container image.
    #[default]
    Image,
    /// A machine.
    Host,
    /// A root file system, or another folder of installed software.
    FileSystem,
    /// A source tree.
    SourceTree,
}

impl SubjectKind {
    /// CycloneDX's type of component.
    pub(super) const fn component_type(self) -> &'static str {
        match self {
            Self::Image => "container",
            Self::Host => "device",
            Self::FileSystem => "file",
            Self::SourceTree => "application",
        }
    }
}

/// One vulnerability of a document, in CycloneDX's terms.
#[derive(Clone, Debug, Default)]
pub struct Vulnerability {
    /// `CVE-2024-28085`.
    pub id: String,
    /// Name and address of the source that speaks.
    pub source: Option<(String, Option<String>)>,
    /// Other ids of the same.
    pub aliases: Vec<String>,
    /// Ratings, first counts first.
    pub ratings: Vec<Rating>,
    /// Numbers of CWE.
    pub cwes: Vec<u32>,
    /// What it is.
    pub description: Option<String>,
    /// What to do.
    pub recommendation: Option<String>,
    /// Addresses.
    pub advisories: Vec<String>,
    /// Why it does or does not count.
    pub analysis: Option<Analysis>,
    /// The packages of the catalogue that it concerns.
    pub affects: Vec<PackageIndex>,
    /// Anything else; names start with `seawall:`.
    pub properties: Vec<(String, String)>,
}

/// A rating of a vulnerability.
#[derive(Clone, Debug)]
pub struct Rating {
    /// Who rates.
    pub source: Option<String>,
    /// The severity.
    pub severity: Severity,
    /// Base score.
    pub score: Option<f64>,
    /// `CVSSv2`, `CVSSv3`, `CVSSv31`, `CVSSv4`, `SSVC`, `other`.
    pub method: Option<&'static str>,
    /// The vector.
    pub vector: Option<String>,
}

/// Why a vulnerability does or does not count.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// `exploitable`, `in_triage`, `not_affected`, `false_positive`, `resolved`.
    pub state: &'static str,
    /// In words.
    pub detail: String,
}

/// A serial number from 16 bytes of chance or of a hash: a UUID of version 4 (RFC 9562, 5.4).
#[must_use]
pub fn urn_uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = |range: std::ops::Range<usize>| {
        bytes.iter().take(range.end).skip(range.start).fold(String::new(), |mut text, byte| {
            use std::fmt::Write as _;
            let _ = write!(text, "{byte:02x}");
            text
        })
    };
    format!("urn:uuid:{}-{}-{}-{}-{}", hex(0..4), hex(4..6), hex(6..8), hex(8..10), hex(10..16))
}
