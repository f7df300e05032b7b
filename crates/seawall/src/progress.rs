//! Progress bars on a terminal, silence elsewhere.

use std::{
    collections::HashMap,
    io::IsTerminal,
    sync::{Mutex, PoisonError},
};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use oci::{Progress, Transfer};

use crate::cli::Common;

/// One bar for each transfer under way.
pub(crate) struct Bars {
    all: MultiProgress,
    bars: Mutex<HashMap<Transfer, ProgressBar>>,
}

impl Bars {
    pub(crate) fn new(common: &Common) -> Self {
        let target = if common.quiet || !std::io::stderr().is_terminal() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr_with_hz(10)
        };
        Self { all: MultiProgress::with_draw_target(target), bars: Mutex::new(HashMap::new()) }
    }

    /// Takes all bars off the screen.
    pub(crate) fn clear(&self) {
        let _ = self.all.clear();
    }

    fn bars(&self) -> std::sync::MutexGuard<'_, HashMap<Transfer, ProgressBar>> {
        self.bars.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for Bars {
    fn started(&self, transfer: Transfer, total: Option<u64>) {
        let name = match transfer {
            Transfer::Layer(number) => format!("layer {}", number + 1),
            Transfer::Export => "image out of the daemon".to_owned(),
        };
        let (bar, template) = match total {
            Some(total) => {
                (ProgressBar::new(total), "{msg:24} {bar:30} {bytes:>10} of {total_bytes} {eta:>4}")
            }
            None => (ProgressBar::no_length(), "{msg:24} {bytes:>10} {bytes_per_sec}"),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(name);
        self.bars().insert(transfer, self.all.add(bar));
    }

    fn advanced(&self, transfer: Transfer, bytes: u64) {
        if let Some(bar) = self.bars().get(&transfer) {
            bar.inc(bytes);
        }
    }

    fn finished(&self, transfer: Transfer) {
        if let Some(bar) = self.bars().remove(&transfer) {
            bar.finish_and_clear();
        }
    }
}
