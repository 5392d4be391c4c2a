//! The screen as people use it: the real program in pseudo-terminals, on a real Dovecot and Postfix and in the demo.

#[path = "../support/mod.rs"]
mod support;

mod bad_luck;
mod bad_mail;
mod composing;
mod demo;
mod every_key;
mod filing;
mod finding;
mod items;
mod keystrokes;
mod noticing;
mod seat;
mod terminal;
mod two_people;
mod undoing;
mod wild;
mod writing;
