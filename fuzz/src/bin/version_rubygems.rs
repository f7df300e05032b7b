#![no_main]
seawall_fuzz::target!("version_rubygems", seawall_fuzz::names::version_rubygems);
