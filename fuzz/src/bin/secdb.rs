#![no_main]
seawall_fuzz::target!("secdb", seawall_fuzz::feed::secdb);
