//! An allocator that refuses what no input of a fuzzer justifies. A length that lies is found here even where the memory
//! is never touched and so never shows in the size of the process.

use std::alloc::{GlobalAlloc, Layout, System};

/// The largest honest piece: a budget's `file_bytes` in [`crate::limits`], and what a growing vector doubles it to.
const MAX: usize = 64 << 20;

struct Bounded;

#[global_allocator]
static BOUNDED: Bounded = Bounded;

#[allow(clippy::panic, reason = "a finding of the fuzzer")]
fn check(size: usize) {
    assert!(size <= MAX, "one allocation of {size} bytes: a length from outside was believed");
}

// SAFETY: hands everything on to the system's allocator, unchanged.
unsafe impl GlobalAlloc for Bounded {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        check(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        check(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        check(size);
        unsafe { System.realloc(pointer, layout, size) }
    }
}
