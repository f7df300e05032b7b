#![no_main]
seawall_fuzz::target!("version_rpm", seawall_fuzz::names::version_rpm);
