#![no_main]
seawall_fuzz::target!("threshold", seawall_fuzz::rules::threshold);
