#![no_main]
seawall_fuzz::target!("go_pclntab", seawall_fuzz::files::go_pclntab);
