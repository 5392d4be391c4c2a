//! The screen: app (state), update (state, message → effects), view (state → frame).
//!
//! A key press goes through the [`keymap`] to an action, the action to the engine as a
//! [`Command`](crate::engine::message::Command); what the engine tells comes back as messages of the same kind. Rows are read
//! through a [`source::Source`], one window at a time (`load`), so memory does not grow with the mailbox; a frame is drawn
//! from the state alone.

pub mod app;
mod batch;
pub mod cache;
pub mod glyphs;
pub mod keymap;
pub mod message;
pub mod notice;
pub mod rights;
pub mod run;
pub mod source;
pub mod theme;
pub mod update;
pub mod view;

mod attaching;
mod background;
mod cells;
mod chord;
mod composer;
mod depth;
mod desktop;
mod editor;
mod finding;
mod folders;
mod input;
mod intents;
mod items;
mod late_answer;
mod layers;
mod layout;
mod load;
mod offers;
pub(crate) mod opener;
mod palette;
mod pipe;
mod queue;
mod reading;
mod screens;
mod selection;
mod tags;
mod terminal;
mod typed_ahead;
mod typing;
mod waiting;
mod widgets;
mod words;

pub use run::{RunConfig, run};

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;
