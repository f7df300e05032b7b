#![no_main]
seawall_fuzz::target!("version_semver", seawall_fuzz::names::version_semver);
