//! Real servers, real terminals and other mail clients for the tests in `tests/`.
//!
//! Every server runs on loopback, keeps its files in a folder of its own under the temporary folder, and is gone
//! when its owner is dropped or the test process ends, however it ends.
// Each test file compiles all of this and uses its own part of it.
#![allow(dead_code)]

pub mod authority;
pub mod bagsy;
pub mod certs;
pub mod clock;
pub mod cyrus;
pub mod delegate;
pub mod device;
pub mod dns;
pub mod dovecot;
mod dovecot_conf;
pub mod engine;
pub mod imap_client;
pub mod keyring;
pub mod lmtp;
pub mod mailgen;
pub mod oauth;
pub mod postfix;
pub mod process;
pub mod proxy;
pub mod pty;
pub mod sink;
pub mod smtp_client;
pub mod submission;
pub mod team;
pub mod tls;
pub mod web;
