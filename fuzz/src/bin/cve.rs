#![no_main]
seawall_fuzz::target!("cve", seawall_fuzz::feed::cve);
