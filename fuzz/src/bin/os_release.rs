#![no_main]
seawall_fuzz::target!("os_release", seawall_fuzz::files::os_release);
