#![no_main]
seawall_fuzz::target!("package_url", seawall_fuzz::names::package_url);
