//! The screen as a person sees it: whole frames, and what keys and events do to them.

mod answering;
mod caches;
mod colours;
mod composing;
mod cues;
mod drafts;
mod finding;
mod frames;
mod leaving;
mod many;
mod mouse;
#[cfg(target_os = "linux")]
mod outbox;
mod own_keys;
mod pty;
mod queue;
mod reading;
mod stage;
mod told;
mod undo;
mod widths;
mod wild;
