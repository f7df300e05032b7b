#![no_main]
seawall_fuzz::target!("go_modinfo", seawall_fuzz::files::go_modinfo);
