//! The stable codes of what can go wrong with an image's source. A code never changes once released.

use model::ProblemCode;

/// A file or a stream could not be read.
pub const IO: ProblemCode = ProblemCode::new("oci.io");
/// The text names no image.
pub const REFERENCE: ProblemCode = ProblemCode::new("oci.reference");
/// There is no such image, manifest or blob.
pub const NOT_FOUND: ProblemCode = ProblemCode::new("oci.not-found");
/// The registry wants other credentials.
pub const DENIED: ProblemCode = ProblemCode::new("oci.denied");
/// Credentials could not be read or fetched.
pub const CREDENTIALS: ProblemCode = ProblemCode::new("oci.credentials");
/// A server or manifest named an address that must not be contacted on its word.
pub const ADDRESS_REFUSED: ProblemCode = ProblemCode::new("oci.address-refused");
/// A document or archive is larger than its limit.
pub const TOO_LARGE: ProblemCode = ProblemCode::new("oci.too-large");
/// The bytes are not those that the digest promises.
pub const DIGEST: ProblemCode = ProblemCode::new("oci.digest-mismatch");
/// There are more or fewer bytes than the manifest promises.
pub const LENGTH: ProblemCode = ProblemCode::new("oci.length-mismatch");
/// A document is not what the specification says.
pub const MALFORMED: ProblemCode = ProblemCode::new("oci.malformed");
/// A form that Seawall does not read (schema 1, charts, signatures).
pub const UNSUPPORTED: ProblemCode = ProblemCode::new("oci.unsupported");
/// Several images, and none was chosen.
pub const CHOICE: ProblemCode = ProblemCode::new("oci.choose-image");
/// No image for the platform.
pub const PLATFORM: ProblemCode = ProblemCode::new("oci.no-such-platform");
/// The only image of an index is for another platform than this machine's; it was taken all the same.
pub const OTHER_PLATFORM: ProblemCode = ProblemCode::new("oci.other-platform");
/// The server answered with an error.
pub const HTTP: ProblemCode = ProblemCode::new("oci.http-status");
/// The server could not be reached or the connection broke.
pub const NETWORK: ProblemCode = ProblemCode::new("oci.network");
/// The server sent nothing for too long.
pub const STALLED: ProblemCode = ProblemCode::new("oci.stalled");
/// A layer is encrypted.
pub const ENCRYPTED_LAYER: ProblemCode = ProblemCode::new("oci.encrypted-layer");
