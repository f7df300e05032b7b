//! SBOMs of any tool.

use sbom::formats::{DocumentInfo, cyclonedx, detect, read};

use crate::budget;

/// A document of any format; what was read is written, and that is read again with as many packages.
pub fn sbom(data: &[u8]) {
    let _ = detect(data);
    let (catalogue, problems) = read(data, &budget());
    assert!(problems.iter().all(|problem| problem.count > 0 && !problem.message.is_empty()));
    let count = catalogue.packages.len();
    // Control characters are kept as they are here, and no package URL may have them.
    let escapes_one = |pair: &[u8]| matches!(pair, [b'\\', b'u' | b'b' | b'f' | b'n' | b'r' | b't']);
    if count > 200 || data.iter().any(u8::is_ascii_control) || data.windows(2).any(escapes_one) {
        return;
    }
    let mut out = Vec::new();
    cyclonedx::write(&catalogue, &DocumentInfo::default(), &mut out).expect("memory takes it");
    let (again, _) = read(&out, &budget());
    assert_eq!(again.packages.len(), count, "{}", String::from_utf8_lossy(&out));
}

/// CycloneDX, from behind its first key.
pub fn cyclonedx(data: &[u8]) {
    sbom(&[br#"{"bomFormat":"CycloneDX","specVersion":"1.6","#, data].concat());
}

/// SPDX, from behind its first key.
pub fn spdx(data: &[u8]) {
    sbom(&[br#"{"spdxVersion":"SPDX-2.3","#, data].concat());
}
