//! The screens, each drawn from the state into its place.

pub mod attaching;
pub mod composer;
pub mod finding;
pub mod folders;
pub mod help;
pub mod items;
pub mod mailboxes;
pub mod outbox;
pub mod palette;
pub mod queue;
pub mod reading;
pub mod said;
pub mod small;
