#![no_main]
seawall_fuzz::target!("image_reference", seawall_fuzz::images::reference);
