//! Codes of what goes wrong when the hub has something scanned.

use model::ProblemCode;

/// The process that scanned an image ended without a result: it crashed.
pub const SCAN_CRASHED: ProblemCode = ProblemCode::new("hub.scan-crashed");
/// The process that scanned an image needed more memory than it may have.
pub const SCAN_MEMORY: ProblemCode = ProblemCode::new("hub.scan-memory");
/// The process that scanned an image needed more time, or processor time, than it may have.
pub const SCAN_TIME: ProblemCode = ProblemCode::new("hub.scan-time");
/// The process that scanned an image gave more than a result may be, or something that is none.
pub const SCAN_REPLY: ProblemCode = ProblemCode::new("hub.scan-reply");
/// The process for a scan could not be started.
pub const SCAN_START: ProblemCode = ProblemCode::new("hub.scan-start");
