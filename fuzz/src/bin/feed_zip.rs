#![no_main]
seawall_fuzz::target!("feed_zip", seawall_fuzz::feed::feed_zip);
