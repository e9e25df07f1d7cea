//! Ctrl-C. Once something is being run, the first one asks the command to end with what it has; before that,
//! and a second time, it ends the program at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::exit::Exit;

/// Has somebody asked the program to end?
#[derive(Clone, Debug, Default)]
pub(super) struct Interrupt {
    asked: Arc<AtomicBool>,
    /// Is there something that would be lost?
    running: Arc<AtomicBool>,
}

impl Interrupt {
    /// Listens from now on. Where no handler can be installed, the system's own way of ending stays.
    pub(super) fn listen() -> Self {
        let interrupt = Self::default();
        let asked = interrupt.clone();
        let handler = move || {
            let again = asked.asked.swap(true, Ordering::SeqCst);
            if again || !asked.running.load(Ordering::SeqCst) {
                std::process::exit(i32::from(Exit::Interrupted.code()));
            }
        };
        // Refused where another handler is installed already; that one then decides.
        let _ = ctrlc::set_handler(handler);
        interrupt
    }

    /// From now on there is something to show for it.
    pub(super) fn runs(&self) {
        self.running.store(true, Ordering::SeqCst);
    }

    /// Has somebody?
    pub(super) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }
}
