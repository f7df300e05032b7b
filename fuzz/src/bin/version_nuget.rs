#![no_main]
seawall_fuzz::target!("version_nuget", seawall_fuzz::names::version_nuget);
