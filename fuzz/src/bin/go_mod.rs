#![no_main]
seawall_fuzz::target!("go_mod", seawall_fuzz::files::go_mod);
