//! A search through every state that a model can reach, breadth first: the first bad state found is one of the nearest, and
//! its trace is the shortest.

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::fmt::{Display, Write as _};
use std::hash::{Hash, Hasher};

/// Something that can be explored: states, and the steps between them.
pub trait Model {
    type State: Clone + Hash;
    /// What happens in a step, in words.
    type Did: Display;

    fn initial(&self) -> Self::State;

    /// Every step that is possible now, each with what it leads to. The order must depend on the state alone.
    fn steps(&self, state: &Self::State) -> Vec<(Self::Did, Self::State)>;

    /// What is wrong with a state. `is_final`: no step leads on.
    fn wrong(&self, state: &Self::State, is_final: bool) -> Option<String>;
}

/// What a search came to.
pub struct Found {
    pub states: usize,
    pub finals: usize,
    pub deepest: usize,
    /// The shortest trace to a bad state, and what is wrong there.
    pub bad: Option<String>,
    /// The search gave up at its bound: nothing was proved.
    pub is_cut: bool,
}

impl Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} states, {} of them final, at most {} steps deep", self.states, self.finals, self.deepest)
    }
}

/// Explores everything, up to `most` states.
pub fn explore<M: Model>(model: &M, most: usize) -> Found {
    let mut known = HashSet::new();
    // Where each state came from: its parent and the number of the step. States themselves live only in the frontier.
    let mut origins: Vec<(u32, u16)> = vec![(u32::MAX, 0)];
    let initial = model.initial();
    known.insert(fingerprint(&initial));
    let mut frontier = vec![(0u32, initial)];
    let mut found = Found { states: 1, finals: 0, deepest: 0, bad: None, is_cut: false };
    while !frontier.is_empty() {
        let mut next = Vec::new();
        for (index, state) in frontier {
            let steps = model.steps(&state);
            found.finals += usize::from(steps.is_empty());
            if let Some(wrong) = model.wrong(&state, steps.is_empty()) {
                found.bad = Some(trace(model, &origins, index, &wrong));
                return found;
            }
            for (number, (_, after)) in steps.into_iter().enumerate() {
                if known.insert(fingerprint(&after)) {
                    origins.push((index, u16::try_from(number).expect("few steps")));
                    next.push((u32::try_from(origins.len() - 1).expect("bounded"), after));
                }
            }
        }
        found.states = origins.len();
        found.deepest += usize::from(!next.is_empty());
        if origins.len() > most {
            found.is_cut = true;
            return found;
        }
        frontier = next;
    }
    found
}

/// Two hashes of 64 bits: with a million states no two of them meet.
fn fingerprint<S: Hash>(state: &S) -> (u64, u64) {
    let mut one = DefaultHasher::new();
    state.hash(&mut one);
    let first = one.finish();
    let mut two = DefaultHasher::new();
    (first, 0x9e37_79b9_u32).hash(&mut two);
    state.hash(&mut two);
    (first, two.finish())
}

fn trace<M: Model>(model: &M, origins: &[(u32, u16)], last: u32, wrong: &str) -> String {
    let mut numbers = Vec::new();
    let mut at = last;
    while let Some(&(parent, number)) = origins.get(at as usize).filter(|(parent, _)| *parent != u32::MAX) {
        numbers.push(usize::from(number));
        at = parent;
    }
    let mut state = model.initial();
    let mut text = format!("{wrong}\n");
    for (line, number) in numbers.into_iter().rev().enumerate() {
        let (did, after) = model.steps(&state).swap_remove(number);
        let _ = writeln!(text, "{:3}. {did}", line + 1);
        state = after;
    }
    text
}
