//! The pieces of which screens are made.

pub mod bars;
pub mod line;
pub mod marks;
pub mod panel;
pub mod row;
