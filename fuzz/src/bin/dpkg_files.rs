#![no_main]
seawall_fuzz::target!("dpkg_files", seawall_fuzz::files::dpkg_files);
