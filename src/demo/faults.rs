//! Bad luck on demand: what tests ask the embedded servers to do wrong.
//!
//! A [`Faults`] is shared by the servers and a test. Switches take a whole capability away; rules strike one command, a
//! given number of times. Without any, the servers behave.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// What happens to a command that a rule strikes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The connection is cut; nothing was carried out.
    DropBefore,
    /// The command is carried out, then the connection is cut without an answer.
    DropAfter,
    /// The command is carried out and never answered; the connection stays.
    Swallow,
    /// Not carried out; answered with this text after the tag (IMAP) or as the whole reply line (submission).
    Refuse(String),
    /// Carried out this much later.
    Delay(Duration),
    /// These bytes go out as they are, before the command's own answer.
    Inject(Vec<u8>),
    /// Before its own answer comes an untagged FETCH of a message with a literal of this many octets, really sent.
    HugeLiteral(u64),
}

/// One rule: which command, whose, how often, to what effect.
#[derive(Debug, Clone)]
struct Rule {
    command: String,
    login: Option<String>,
    /// This many commands that match are let through first.
    skip: u32,
    /// How many are struck; `None`: all.
    times: Option<u32>,
    effect: Effect,
}

/// What the server does not offer, or does in its own way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Switches {
    /// No CONDSTORE: no MODSEQ, no UNCHANGEDSINCE.
    pub no_condstore: bool,
    /// No IDLE.
    pub no_idle: bool,
    /// No MYRIGHTS; rights are enforced all the same.
    pub no_acl: bool,
    /// PERMANENTFLAGS without `\*`; keywords in a STORE are ignored.
    pub no_keywords: bool,
    /// No MOVE.
    pub no_move: bool,
    /// No NAMESPACE.
    pub no_namespace: bool,
    /// Neither APPENDUID nor COPYUID nor UID EXPUNGE.
    pub no_uidplus: bool,
    /// No LITERAL+; literals that do not wait are taken all the same.
    pub no_literal_plus: bool,
    /// `\Seen` in a shared mailbox is each login's own; setting it moves MODSEQ for all the same, as Dovecot does.
    pub private_seen: bool,
    /// A guard that fails is told as `NO [MODIFIED …]`, as some servers do, in place of OK.
    pub modified_is_no: bool,
    /// A guarded STORE of a keyword that is new in the folder succeeds on its last-changed mail whatever the guard, as on
    /// Dovecot 2.3: two racers get a plain OK each.
    pub lets_racers_through: bool,
    /// An IDLE listener is told this much later; Dovecot gathers changes for half a second.
    pub idle_delay: Duration,
}

/// The shared list of faults.
#[derive(Debug)]
pub struct Faults {
    switches: Mutex<Switches>,
    rules: Mutex<Vec<Rule>>,
    kicks: watch::Sender<u64>,
}

impl Default for Faults {
    fn default() -> Self {
        Self { switches: Mutex::default(), rules: Mutex::default(), kicks: watch::Sender::new(0) }
    }
}

impl Faults {
    /// The switches as they stand.
    pub fn switches(&self) -> Switches {
        *lock(&self.switches)
    }

    /// Changes the switches; what a session already knows of the capabilities stays with it.
    pub fn switch(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut lock(&self.switches));
    }

    /// Strikes the next command of this name: `"UID STORE"`, `"APPEND"`, `"IDLE"`; `"SMTP MAIL"`, `"SMTP DATA"`, and
    /// `"SMTP ."` for the end of the text.
    pub fn once(&self, command: &str, effect: Effect) {
        self.rule(command, None, 0, Some(1), effect);
    }

    /// Strikes every command of this name until [`Faults::clear`].
    pub fn always(&self, command: &str, effect: Effect) {
        self.rule(command, None, 0, None, effect);
    }

    /// Strikes commands of one login (all where `None`), after `skip` that are let through, `times` in all.
    pub fn rule(&self, command: &str, login: Option<&str>, skip: u32, times: Option<u32>, effect: Effect) {
        lock(&self.rules).push(Rule {
            command: command.to_ascii_uppercase(),
            login: login.map(str::to_owned),
            skip,
            times,
            effect,
        });
    }

    /// Forgets all rules and turns every switch off.
    pub fn clear(&self) {
        lock(&self.rules).clear();
        *lock(&self.switches) = Switches::default();
    }

    /// Cuts every connection there is; new ones are taken.
    pub fn disconnect_all(&self) {
        self.kicks.send_modify(|count| *count += 1);
    }

    /// Wakes whoever holds it when the connections are to be cut.
    pub(super) fn kicks(&self) -> watch::Receiver<u64> {
        self.kicks.subscribe()
    }

    /// What strikes this command, in the order of the rules; each rule that matches is used up by one.
    pub(super) fn strike(&self, command: &str, login: &str) -> Vec<Effect> {
        let mut rules = lock(&self.rules);
        let mut effects = Vec::new();
        for rule in rules.iter_mut() {
            if rule.command != command || rule.login.as_deref().is_some_and(|l| l != login) || rule.times == Some(0) {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            rule.times = rule.times.map(|times| times - 1);
            effects.push(rule.effect.clone());
        }
        rules.retain(|rule| rule.times != Some(0));
        effects
    }
}

/// A lock that a panicking test has poisoned still holds sound data: every change is a single assignment or push.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{Effect, Faults};

    #[test]
    fn a_rule_lets_some_through_strikes_and_is_used_up() {
        let faults = Faults::default();
        faults.rule("uid store", Some("alice"), 1, Some(2), Effect::DropBefore);
        assert!(faults.strike("UID STORE", "bob").is_empty());
        let strikes: Vec<usize> = (0..4).map(|_| faults.strike("UID STORE", "alice").len()).collect();
        assert_eq!(strikes, [0, 1, 1, 0]);
        assert!(faults.strike("NOOP", "alice").is_empty());
    }
}
