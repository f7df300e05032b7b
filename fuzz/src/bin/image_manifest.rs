#![no_main]
seawall_fuzz::target!("image_manifest", seawall_fuzz::images::manifest);
