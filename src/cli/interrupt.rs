//! Ctrl-C. The first one asks the command to end with what it has; a second one ends it at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::exit::Exit;

/// Has somebody asked the program to end?
#[derive(Clone, Debug, Default)]
pub(super) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens from now on. Where no handler can be installed, the system's own way of ending stays.
    pub(super) fn listen() -> Self {
        let interrupt = Self::default();
        let asked = interrupt.clone();
        let handler = move || {
            if asked.0.swap(true, Ordering::SeqCst) {
                std::process::exit(i32::from(Exit::Interrupted.code()));
            }
        };
        // Refused where another handler is installed already; that one then decides.
        let _ = ctrlc::set_handler(handler);
        interrupt
    }

    /// Has somebody?
    pub(super) fn is_asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
