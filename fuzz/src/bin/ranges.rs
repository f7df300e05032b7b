#![no_main]
seawall_fuzz::target!("ranges", seawall_fuzz::feed::ranges);
