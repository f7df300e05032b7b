#![no_main]
seawall_fuzz::target!("go_buildinfo", seawall_fuzz::files::go_buildinfo);
