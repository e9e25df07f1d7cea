//! The terminal UI: know the run, break it, rewind it, fork it. It imports everything and nobody imports
//! it but the command line.
//!
//! ```text
//! keys, mouse ─▶ keymap ─▶ Action ─▶ Session (four nouns, places, worlds)    UI thread, never waits
//!                                      │ Wish                ▲ Arc<Snapshot>
//!                                      ▼                     │
//!                     worker:  here, then queries, then scouts, in slices of 4 ms
//!                              Run { timeline, history, keyframes }  ─▶ Snapshot ─▶ view(Screen, Canvas) ─▶ Buffer
//! ```

pub mod act;
pub mod action;
pub mod address;
pub mod app;
pub mod before;
pub mod breaking;
pub mod canvas;
pub mod change;
pub mod clipboard;
pub mod clock;
pub mod columns;
pub mod commands;
pub mod course;
pub mod export;
pub mod figures;
pub mod files;
pub mod forks;
pub mod glyphs;
pub mod history;
pub mod input;
pub mod inquiry;
pub mod keyframes;
pub mod keymap;
pub mod knobs;
pub mod layout;
pub mod lens;
pub mod live;
pub mod marks;
pub mod names;
pub mod opening;
pub mod pace;
pub mod paint;
pub mod palette;
pub mod place;
pub mod query;
pub mod rebind;
pub mod recorder;
pub mod run;
pub mod scout;
pub mod search;
pub mod session;
pub mod snapshot;
pub mod start;
pub mod state;
pub mod terminal;
pub mod theme;
pub mod tour;
pub mod tracks;
pub mod views;
pub mod widgets;
pub mod wish;
pub mod words;
pub mod worker;
pub mod world;
