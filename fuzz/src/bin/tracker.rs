#![no_main]
seawall_fuzz::target!("tracker", seawall_fuzz::feed::tracker);
