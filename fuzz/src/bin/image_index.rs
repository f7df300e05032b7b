#![no_main]
seawall_fuzz::target!("image_index", seawall_fuzz::images::index);
