#![no_main]
seawall_fuzz::target!("cargo_lock", seawall_fuzz::files::cargo_lock);
