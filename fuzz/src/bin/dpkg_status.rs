#![no_main]
seawall_fuzz::target!("dpkg_status", seawall_fuzz::files::dpkg_status);
