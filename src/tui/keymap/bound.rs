//! What is really bound: the table, a profile over it, and over both the person's own keys.
//!
//! A key of the person's is taken from whatever had it. What cannot be meant is told instead of guessed: a key that no
//! keyboard has, an action that this context does not know, two keys of which one hides the other, a letter that could no
//! longer be typed, a screen that could not be left.

use super::{Act, Context, DEFAULT, Found, Group, Profile, shown};
use crate::tui::chord::Chord;

/// One action in one context with its keys; none where they were all taken from it.
#[derive(Debug, Clone)]
pub struct Bound {
    pub act: Act,
    pub name: &'static str,
    /// The ways to press it, the one to tell first; chords pressed one after the other are parted by a blank.
    pub keys: Vec<String>,
    pub group: Group,
    pub says: &'static str,
    pub hint: Option<&'static str>,
    context: Context,
    chords: Vec<Vec<Chord>>,
}

/// A line of `[keys.…]`: `"c" = "claim"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    pub context: String,
    pub keys: String,
    /// An action's name, or `none`.
    pub action: String,
}

/// Why a line of `[keys.…]` cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    #[error("there is no place called `{context}` with keys of its own; the nearest is `{nearest}`")]
    Place { context: String, nearest: &'static str },
    #[error("`{keys}` is no key; the nearest is `{nearest}`")]
    NoKey { keys: String, nearest: String },
    #[error("`{keys}` cannot be bound: terminals send {twin} for it")]
    Twin { keys: String, twin: &'static str },
    #[error("[keys.{context}] knows no action `{action}`; the nearest is `{nearest}`")]
    Action { context: &'static str, action: String, nearest: &'static str, belongs: Vec<&'static str> },
    #[error("`{keys}` types a character in [keys.{context}] and could no longer be typed")]
    Text { context: &'static str, keys: String },
    #[error("`{keys}` is bound twice in [keys.{context}]")]
    Twice { context: &'static str, keys: String },
    #[error(
        "`{keys}` ({action}) and `{other}` ({other_action}) in [keys.{context}]: the longer could never be pressed"
    )]
    Hidden { context: &'static str, keys: String, action: String, other: String, other_action: String },
    #[error("`interrupt` has no key left in [keys.{context}]: there would be no way out")]
    NoWayOut { context: &'static str },
}

impl KeyFault {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Place { nearest, .. } => Some(format!("did you mean [keys.{nearest}]?")),
            Self::NoKey { .. } => Some(
                "keys are written c, G, Ctrl-d, Alt-x, Shift-Tab, Enter, Space, F5, and one after the other: g g"
                    .into(),
            ),
            Self::Twin { .. } | Self::Twice { .. } => None,
            Self::Action { nearest, belongs, .. } if belongs.is_empty() => Some(format!(
                "did you mean `{nearest}`? `bagsy man bagsy-keys` lists the names; \"none\" unbinds a key"
            )),
            Self::Action { belongs, .. } => {
                let places: Vec<String> = belongs.iter().map(|place| format!("[keys.{place}]")).collect();
                Some(format!("an action of this name belongs into {}", places.join(" or ")))
            }
            Self::Text { .. } => Some("bind it together with Ctrl or Alt, or another key".into()),
            Self::Hidden { other, .. } => {
                Some(format!("choose another key, or unbind the other: \"{other}\" = \"none\""))
            }
            Self::NoWayOut { .. } => Some("leave Ctrl-c as it is, or bind another key to `interrupt` first".into()),
        }
    }
}

/// All that is bound.
#[derive(Debug, Clone)]
pub struct Keymap {
    entries: Vec<Bound>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self::of(Profile::Default)
    }
}

impl Keymap {
    /// A profile as it comes.
    pub fn of(profile: Profile) -> Self {
        let mut entries = Vec::new();
        for &context in Context::ALL {
            // What the profile says comes first: the table's keys give way to it.
            let read =
                |keys: &[&str]| -> Vec<Vec<Chord>> { keys.iter().filter_map(|k| Chord::parse_all(k).ok()).collect() };
            let of_profile = |name| profile.keys(context, name).map(read);
            let here: Vec<_> = DEFAULT.iter().filter(|b| b.contexts.contains(&context)).collect();
            let taken: Vec<Vec<Chord>> = here.iter().filter_map(|b| of_profile(b.name)).flatten().collect();
            for binding in here {
                let chords = of_profile(binding.name).unwrap_or_else(|| {
                    let free = |chords: &Vec<Chord>| !taken.iter().any(|other| clash(chords, other));
                    let own = read(binding.keys);
                    let left: Vec<_> = own.iter().filter(|chords| free(chords)).cloned().collect();
                    // Nothing becomes unreachable: what lost all its keys has them with Alt.
                    if left.is_empty() { own.iter().filter_map(|c| with_alt(c)).collect() } else { left }
                });
                entries.push(Bound {
                    act: binding.act,
                    name: binding.name,
                    keys: chords.iter().map(|c| written(c)).collect(),
                    group: binding.group,
                    says: binding.says,
                    hint: binding.hint,
                    context,
                    chords,
                });
            }
        }
        Self { entries }
    }

    /// The profile with the person's own keys over it.
    ///
    /// # Errors
    /// The first line that cannot be, by its place in `overrides`, and why.
    pub fn with(profile: Profile, overrides: &[Override]) -> Result<Self, (usize, KeyFault)> {
        let mut map = Self::of(profile);
        let mut own: Vec<(Context, Vec<Chord>)> = Vec::new();
        for (index, line) in overrides.iter().enumerate() {
            let laid = map.lay(line, &own).map_err(|fault| (index, fault))?;
            own.push(laid);
        }
        for (index, (context, chords)) in own.iter().enumerate() {
            map.check(*context, chords).map_err(|fault| (index, fault))?;
        }
        Ok(map)
    }

    /// Lays one line over what is bound.
    fn lay(&mut self, line: &Override, own: &[(Context, Vec<Chord>)]) -> Result<(Context, Vec<Chord>), KeyFault> {
        let Some(&context) = Context::ALL.iter().find(|c| c.name() == line.context) else {
            let nearest = nearest(&line.context, Context::ALL.iter().map(|c| c.name()));
            return Err(KeyFault::Place { context: safe(&line.context), nearest });
        };
        let place = context.name();
        let chords = Chord::parse_all(&line.keys)
            .map_err(|part| KeyFault::NoKey { keys: safe(&line.keys), nearest: Chord::nearest(part) })?;
        let keys = written(&chords);
        if let Some(twin) = chords.iter().find_map(|chord| chord.twin()) {
            return Err(KeyFault::Twin { keys, twin });
        }
        if own.contains(&(context, chords.clone())) {
            return Err(KeyFault::Twice { context: place, keys });
        }
        let target = match line.action.as_str() {
            "none" => None,
            name => Some(self.named(context, name).ok_or_else(|| self.unknown(context, name))?),
        };
        if target.is_some() && context.takes_text() && chords[0].is_text() {
            return Err(KeyFault::Text { context: place, keys });
        }
        for entry in self.entries.iter_mut().filter(|entry| entry.context == context) {
            if let Some(at) = entry.chords.iter().position(|c| *c == chords) {
                entry.chords.remove(at);
                entry.keys.remove(at);
            }
        }
        if let Some(entry) = target.and_then(|at| self.entries.get_mut(at)) {
            entry.chords.insert(0, chords.clone());
            entry.keys.insert(0, keys);
        }
        Ok((context, chords))
    }

    /// Whether everything can still be pressed where this line was laid.
    fn check(&self, context: Context, chords: &[Chord]) -> Result<(), KeyFault> {
        let here = || self.entries.iter().filter(|entry| entry.context == context);
        let mine = here().find(|entry| entry.chords.iter().any(|c| c == chords));
        let others = here().flat_map(|entry| entry.chords.iter().map(move |c| (entry, c)));
        let hiding = mine.and_then(|mine| {
            let (entry, other) =
                others.into_iter().find(|(_, other)| other.as_slice() != chords && clash(chords, other))?;
            Some((mine, entry, other))
        });
        if let Some((mine, entry, other)) = hiding {
            return Err(KeyFault::Hidden {
                context: context.name(),
                keys: written(chords),
                action: mine.name.to_owned(),
                other: written(other),
                other_action: entry.name.to_owned(),
            });
        }
        let is_way_out = here().any(|entry| entry.act == Act::Interrupt && !entry.keys.is_empty());
        if is_way_out { Ok(()) } else { Err(KeyFault::NoWayOut { context: context.name() }) }
    }

    fn named(&self, context: Context, name: &str) -> Option<usize> {
        self.entries.iter().position(|entry| entry.context == context && entry.name == name)
    }

    fn unknown(&self, context: Context, name: &str) -> KeyFault {
        let here = self.entries.iter().filter(|entry| entry.context == context).map(|entry| entry.name);
        KeyFault::Action {
            context: context.name(),
            action: safe(name),
            nearest: nearest(name, here),
            belongs: self.entries.iter().filter(|entry| entry.name == name).map(|entry| entry.context.name()).collect(),
        }
    }

    /// What these chords, pressed one after the other, do here.
    pub fn find(&self, context: Context, pressed: &[Chord]) -> Found {
        let mut is_pending = false;
        for entry in self.bindings(context) {
            for chords in &entry.chords {
                if chords == pressed {
                    return Found::Act(entry.act);
                }
                is_pending |= chords.starts_with(pressed);
            }
        }
        if is_pending { Found::Pending } else { Found::Nothing }
    }

    /// Everything that can be pressed here, in the table's order.
    pub fn bindings(&self, context: Context) -> impl Iterator<Item = &Bound> {
        self.entries.iter().filter(move |entry| entry.context == context && !entry.keys.is_empty())
    }

    /// Every action of a place, in the table's order, also one that no key is left for.
    pub fn actions(&self, context: Context) -> impl Iterator<Item = &Bound> {
        self.entries.iter().filter(move |entry| entry.context == context)
    }

    /// The key to name when telling a person how to do something here, as people write it.
    pub fn key_for(&self, context: Context, act: Act) -> String {
        let first = self.bindings(context).find(|b| b.act == act).and_then(|b| b.keys.first());
        first.map_or_else(|| "(no key)".to_owned(), |keys| shown(keys))
    }

    /// Whether anything here does it.
    pub fn has(&self, context: Context, act: Act) -> bool {
        self.bindings(context).any(|b| b.act == act)
    }
}

/// Whether one hides the other: they are the same, or one begins the other.
fn clash(one: &[Chord], other: &[Chord]) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

fn with_alt(chords: &[Chord]) -> Option<Vec<Chord>> {
    let [first, rest @ ..] = chords else { return None };
    Some(std::iter::once(first.with_alt()?).chain(rest.iter().copied()).collect())
}

/// Chords as the table writes them.
fn written(chords: &[Chord]) -> String {
    chords.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// What a person wrote, as it may stand in a message.
fn safe(text: &str) -> String {
    text.escape_debug().to_string()
}

fn nearest(word: &str, words: impl Iterator<Item = &'static str>) -> &'static str {
    let word = word.to_ascii_lowercase();
    words.min_by_key(|known| strsim::damerau_levenshtein(&word, known)).unwrap_or("")
}

#[cfg(test)]
#[path = "bound_tests.rs"]
mod tests;
