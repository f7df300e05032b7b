#![no_main]
seawall_fuzz::target!("feed_any", seawall_fuzz::feed::feed_any);
