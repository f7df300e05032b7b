#![no_main]
seawall_fuzz::target!("version_pep440", seawall_fuzz::names::version_pep440);
