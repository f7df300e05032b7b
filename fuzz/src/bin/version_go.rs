#![no_main]
seawall_fuzz::target!("version_go", seawall_fuzz::names::version_go);
