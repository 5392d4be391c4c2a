//! Simulated people: bob and carol work the shared mailbox now and then, while customers write.
//!
//! They are no clients: they act on the mail in memory, under its lock, by the rules of docs/protocol.md.

mod colleague;
mod customer;
mod desk;

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;

use super::login;
use super::post::Post;
use super::random::Random;
use super::sample::script::Role;

/// Who is simulated until a person of that name signs in.
pub const SIMULATED: [&str; 2] = ["bob", "carol"];

/// How often something happens, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// Between two deeds of one teammate.
    pub teammate: RangeInclusive<u64>,
    /// Between two mails of customers.
    pub customer: RangeInclusive<u64>,
}

impl Pace {
    /// Lively, not hectic.
    pub fn lively() -> Self {
        Self { teammate: 6_000..=24_000, customer: 6_000..=45_000 }
    }
}

/// Sets them to work until the tasks end.
pub fn set_to_work(tasks: &mut JoinSet<()>, post: &Arc<Post>, roles: HashMap<String, Role>, pace: &Pace, seed: u64) {
    let roles = Arc::new(Mutex::new(roles));
    for (number, name) in SIMULATED.into_iter().enumerate() {
        let random = Random::new(seed.wrapping_add(number as u64 + 1));
        tasks.spawn(work(name, Arc::clone(post), Arc::clone(&roles), pace.teammate.clone(), random));
    }
    tasks.spawn(write(Arc::clone(post), roles, pace.customer.clone(), Random::new(seed.wrapping_add(99))));
}

type Roles = Arc<Mutex<HashMap<String, Role>>>;

async fn work(name: &'static str, post: Arc<Post>, roles: Roles, pace: RangeInclusive<u64>, mut random: Random) {
    loop {
        tokio::time::sleep(Duration::from_millis(random.within(pace.clone()))).await;
        let now = post.now();
        let stays = post.change(|state| {
            if state.has_person(&login(name)) {
                return false;
            }
            let roles = roles.lock().unwrap_or_else(PoisonError::into_inner);
            colleague::act(state, name, &roles, now, &mut random);
            true
        });
        if !stays {
            return;
        }
    }
}

async fn write(post: Arc<Post>, roles: Roles, pace: RangeInclusive<u64>, mut random: Random) {
    loop {
        tokio::time::sleep(Duration::from_millis(random.within(pace.clone()))).await;
        let now = post.now();
        post.change(|state| {
            let mut roles = roles.lock().unwrap_or_else(PoisonError::into_inner);
            customer::write(state, &mut roles, now, &mut random)
        });
    }
}

#[cfg(test)]
mod tests;
