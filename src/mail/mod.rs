//! MIME in and out: parse, render HTML to text, make safe for a terminal, compose. Pure.
//!
//! In: [`header::message`] reads the fixed header block of a synced row, [`parse::parse`] a whole mail that is opened.
//! Out: [`compose::reply`] begins an answer, [`compose::write`] makes the bytes that leave. Whatever a mail says goes
//! through [`safe`] before anybody sees it; what is kept undecoded says so (`*_raw`, [`parse::Body::html`]).

pub mod addresses;
pub mod compose;
pub mod decode;
pub mod fields;
pub mod header;
pub mod html;
pub mod kind;
pub mod links;
pub mod mime;
pub mod parse;
pub mod quote;
pub mod safe;
pub mod structure;

mod encode;
mod forward;
mod ids;
mod reply;
mod write;
