#![no_main]
seawall_fuzz::target!("kev", seawall_fuzz::feed::kev);
