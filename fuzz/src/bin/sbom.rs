#![no_main]
seawall_fuzz::target!("sbom", seawall_fuzz::documents::sbom);
