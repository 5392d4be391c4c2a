//! How the model is written into a mailbox: keywords, identities, threading, and the claim and answering protocols as
//! state machines. Pure.

pub mod act;
pub mod answer;
pub mod change;
pub mod claim;
pub mod file;
pub mod identity;
pub mod keywords;
pub mod lost;
pub mod mirror;
pub mod release;
pub mod settle;
pub mod state;
pub mod status;
pub mod step;
pub mod tag;
#[cfg(test)]
mod testing;
pub mod threading;
