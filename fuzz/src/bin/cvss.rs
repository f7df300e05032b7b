#![no_main]
seawall_fuzz::target!("cvss", seawall_fuzz::feed::cvss);
