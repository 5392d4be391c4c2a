//! bagsy: a team inbox in the terminal, over plain IMAP.
//!
//! The library is laid out in layers that import downward only (see `docs/architecture.md`):
//! [`model`] ← [`wire`], [`mail`] ← [`imap`], [`smtp`], [`store`] ← [`engine`] ← [`tui`], [`cli`]; beneath [`imap`] and
//! [`smtp`] lies [`net`], the connection that both speak on, and [`oauth`], which brings the tokens that both show. [`config`] is read by whoever connects; [`demo`] stands beside, known to `main` and the tests alone.

pub mod cli;
pub mod config;
pub mod demo;
pub mod engine;
pub mod imap;
pub mod mail;
pub mod model;
pub mod net;
pub mod oauth;
pub mod smtp;
pub mod store;
pub mod tui;
pub mod wire;
