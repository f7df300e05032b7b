#![no_main]
seawall_fuzz::target!("epss", seawall_fuzz::feed::epss);
