//! Keeps server and cache agreed, carries out what a person asks. The only place where network, cache and protocol meet.

mod act;
mod answer;
mod backoff;
mod bodies;
mod cache;
mod discover;
pub mod doctor;
mod drive;
mod error;
mod folders;
mod grade;
pub mod kept;
mod link;
mod live;
mod login;
pub mod message;
pub mod outbox;
mod sender;
mod settle;
mod stop;
mod tail;
mod watcher;
mod windows;
mod worker;

pub use cache::Cache;
pub use discover::{Closed, Found, choose};
pub use drive::Place;
pub use error::{Error, Result};
pub use grade::why_no_claims;
pub use link::Link;
pub use live::Engine;
pub use login::Login;
pub use stop::{Stop, Stopper, stop};
pub use tail::Tail;
pub use watcher::Tell;
pub use worker::refuse;
