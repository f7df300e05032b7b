#![no_main]
seawall_fuzz::target!("database", seawall_fuzz::feed::database);
