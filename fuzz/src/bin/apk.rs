#![no_main]
seawall_fuzz::target!("apk", seawall_fuzz::files::apk);
