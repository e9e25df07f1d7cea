//! The real program in a pseudo-terminal: what it writes is kept as a screen, what is typed goes in.

use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use vt100::Parser;

/// How often it is looked for what must come, each time for [`LOOK`]: far longer than it takes anywhere.
const PATIENCE: u32 = 2_400;
const LOOK: Duration = Duration::from_millis(50);

/// The program, running.
pub(crate) struct Terminal {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    parser: Parser,
    /// Everything that was written, for what a screen does not show.
    pub(crate) raw: Vec<u8>,
}

/// Somebody lets the program go on whenever it is suspended.
pub(crate) struct KeptGoing(Option<(mpsc::Sender<()>, thread::JoinHandle<()>)>);

impl Drop for KeptGoing {
    fn drop(&mut self) {
        let (stop, thread) = self.0.take().expect("it is dropped once");
        drop(stop);
        thread.join().expect("it sends signals");
    }
}

impl Terminal {
    /// Starts it in a folder.
    pub(crate) fn start(folder: &Path, args: &[&str], columns: u16, rows: u16) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_windtunnel"));
        command.args(args);
        command.cwd(folder);
        for (name, value) in [("TERM", "xterm-256color"), ("LC_ALL", "C.UTF-8")] {
            command.env(name, value);
        }
        for name in ["NO_COLOR", "SSH_TTY", "WINDTUNNEL_SEED", "WINDTUNNEL_DESIGN"] {
            command.env_remove(name);
        }
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let mut reader = pair.master.try_clone_reader().expect("its output");
        let (sender, output) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = vec![0; 1 << 16];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let keyboard = pair.master.take_writer().expect("its input");
        let parser = Parser::new(cells(rows), cells(columns), 0);
        Self { master: pair.master, child, keyboard, output, parser, raw: Vec::new() }
    }

    /// Types this.
    pub(crate) fn keys(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("it reads");
        self.keyboard.flush().expect("it reads");
    }

    /// Types this, to whoever still reads it.
    pub(crate) fn types(&mut self, keys: &str) {
        // A program that has ended reads nothing, and that is what may be.
        let _ = self.keyboard.write_all(keys.as_bytes()).and_then(|()| self.keyboard.flush());
        self.take(Duration::from_millis(1));
    }

    /// Lets it go on whenever it is suspended, as long as what this gives is kept: somebody has to who
    /// does not write to it, for whoever writes to a program that reads nothing waits.
    pub(crate) fn kept_going(&self) -> KeptGoing {
        let id = self.id().to_string();
        let (stop, stopped) = mpsc::channel::<()>();
        let thread = thread::spawn(move || {
            while stopped.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                let sent = Command::new("kill").args(["-CONT", &id]).stderr(Stdio::null()).status();
                assert!(sent.is_ok(), "kill is there");
            }
        });
        KeptGoing(Some((stop, thread)))
    }

    /// Has it ended?
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("it can be asked").is_some()
    }

    /// What is on the screen.
    pub(crate) fn screen(&self) -> String {
        self.parser.screen().contents()
    }

    /// Waits until the screen is so, and fails with what it is if it never is.
    pub(crate) fn wait(&mut self, what: &str, is_so: impl Fn(&str) -> bool) -> String {
        for _ in 0..PATIENCE {
            let screen = self.screen();
            if is_so(&screen) {
                return screen;
            }
            self.take(LOOK);
        }
        panic!("never came: {what}\n{}", self.screen());
    }

    /// Waits until this text is on the screen.
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        self.wait(text, |screen| screen.contains(text))
    }

    /// Presses keys and waits for this text.
    pub(crate) fn press(&mut self, keys: &str, text: &str) -> String {
        self.keys(keys);
        self.wait_for(text)
    }

    /// Another size.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).expect("it takes another size");
        self.parser.screen_mut().set_size(cells(rows), cells(columns));
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.process_id().expect("it runs")
    }

    /// Waits for its end; says the exit code.
    pub(crate) fn end(&mut self) -> u32 {
        for _ in 0..PATIENCE {
            self.take(LOOK);
            if let Some(status) = self.child.try_wait().expect("it can be asked") {
                // What it wrote last.
                self.take(4 * LOOK);
                return status.exit_code();
            }
        }
        panic!("it does not end\n{}", self.screen());
    }

    /// Takes what was written within this time.
    pub(crate) fn take(&mut self, time: Duration) {
        let mut next = match self.output.recv_timeout(time) {
            Ok(bytes) => Some(bytes),
            Err(RecvTimeoutError::Timeout) => None,
            // Nothing will be written any more; the time passes all the same.
            Err(RecvTimeoutError::Disconnected) => {
                thread::sleep(time);
                None
            }
        };
        while let Some(bytes) = next {
            self.parser.process(&bytes);
            self.raw.extend_from_slice(&bytes);
            next = self.output.try_recv().ok();
        }
    }

    /// Is the terminal as it was found: the main screen, a cursor, no mouse, no paste?
    pub(crate) fn is_restored(&self) -> bool {
        let screen = self.parser.screen();
        !screen.alternate_screen()
            && !screen.hide_cursor()
            && !screen.bracketed_paste()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    }
}

fn cells(side: u16) -> NonZero<u16> {
    NonZero::new(side).expect("a screen has rows and columns")
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
    }
}
