#![no_main]
seawall_fuzz::target!("cyclonedx", seawall_fuzz::documents::cyclonedx);
