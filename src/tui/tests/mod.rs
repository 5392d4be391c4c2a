//! The screen as a person sees it: whole frames, and what keys and events do to them.

mod answering;
mod caches;
mod frames;
mod own_keys;
#[cfg(target_os = "linux")]
mod pty;
mod queue;
mod stage;
mod wild;
