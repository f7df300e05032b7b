#![no_main]
seawall_fuzz::target!("version_apk", seawall_fuzz::names::version_apk);
