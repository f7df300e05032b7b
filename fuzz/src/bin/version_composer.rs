#![no_main]
seawall_fuzz::target!("version_composer", seawall_fuzz::names::version_composer);
