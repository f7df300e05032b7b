//! Packages of the operating system, which own files.

pub(crate) mod apk;
pub(crate) mod dpkg;
pub(crate) mod os_release;
pub(crate) mod rpm;
