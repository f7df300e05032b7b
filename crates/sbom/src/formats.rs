//! Documents that list packages: written for other tools, and read as a target.
