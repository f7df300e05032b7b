//! Cataloguers: files to packages; CycloneDX and SPDX in and out.
