#![no_main]
seawall_fuzz::target!("version_maven", seawall_fuzz::names::version_maven);
