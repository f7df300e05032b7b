#![no_main]
seawall_fuzz::target!("version_dpkg", seawall_fuzz::names::version_dpkg);
