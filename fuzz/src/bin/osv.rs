#![no_main]
seawall_fuzz::target!("osv", seawall_fuzz::feed::osv);
