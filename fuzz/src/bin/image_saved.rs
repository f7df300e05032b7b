#![no_main]
seawall_fuzz::target!("image_saved", seawall_fuzz::images::saved);
