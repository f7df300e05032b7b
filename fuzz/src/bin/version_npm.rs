#![no_main]
seawall_fuzz::target!("version_npm", seawall_fuzz::names::version_npm);
