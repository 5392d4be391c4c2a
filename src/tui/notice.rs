//! Noticing: what of the teammates' and customers' doing is worth a bell or a notification while the person looks elsewhere,
//! how often, and the octets by which a terminal is told. Pure.
//!
//! A terminal that reports whether its window has the focus (DECSET 1004) is left alone while it has; one that has never
//! said so is told everything. However much happens, it is told no more often than every few seconds.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::model::{Change, ChangeKind, ConversationId, Handle};

/// How the person is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Notify {
    #[default]
    Off,
    Bell,
    /// By a notification of the terminal's own.
    Terminal,
    /// By one of the desktop, else of the terminal.
    Desktop,
}

/// Two notices are never closer than this.
const BETWEEN: SignedDuration = SignedDuration::from_secs(5);

/// What the person did comes back from the server within this time.
const ECHO: SignedDuration = SignedDuration::from_secs(60);

/// The longest text of a notification, in characters.
const LONGEST: usize = 160;

/// Whether a change is worth a notice: it is assigned to me by somebody else, it is a customer's mail in what I hold, or, if
/// asked for, it begins a conversation. `is_mine`: the person did it on this screen.
pub fn deserves(change: &Change, me: Option<&Handle>, is_mine: bool, is_first: bool, wants_new: bool) -> bool {
    let is_held_by_me = me.is_some() && change.assignee.holder() == me;
    match change.kind {
        ChangeKind::New => is_held_by_me || (wants_new && is_first),
        ChangeKind::Assigned => is_held_by_me && !is_mine && change.by.as_deref() != me.map(Handle::as_str),
        // Keywords alone do not tell who gave it: whoever holds it now is named.
        ChangeKind::Claimed | ChangeKind::TakeOver => is_held_by_me && !is_mine,
        _ => false,
    }
}

/// What was told, and what waits to be.
#[derive(Debug, Clone, Default)]
pub struct Notices {
    /// As the terminal reported it last.
    has_focus: Option<bool>,
    /// Until then nothing more is told.
    quiet_until: Option<Timestamp>,
    /// What came meanwhile: how many, and the last one's words.
    waiting: Option<(usize, String)>,
    /// What the person asked for on this screen, by mailbox and conversation.
    own: HashMap<(String, ConversationId), Timestamp>,
}

impl Notices {
    /// The window has, or has lost, the focus. Whoever is there sees for themselves what happened.
    pub fn focus(&mut self, has_focus: bool) {
        self.has_focus = Some(has_focus);
        if has_focus {
            self.waiting = None;
        }
    }

    /// The person asked for something here: what follows from it is no news to them.
    pub fn asked(&mut self, mailbox: &str, conversation: ConversationId, now: Timestamp) {
        self.own.retain(|_, at| now.duration_since(*at) < ECHO);
        self.own.insert((mailbox.to_owned(), conversation), now);
    }

    pub fn is_own(&self, change: &Change, now: Timestamp) -> bool {
        self.asked_within(change, now, ECHO)
    }

    /// Whether the person asked for something in this conversation within this time.
    pub fn asked_within(&self, change: &Change, now: Timestamp, time: SignedDuration) -> bool {
        let asked = self.own.get(&(change.mailbox.clone(), change.conversation.clone()));
        asked.is_some_and(|at| now.duration_since(*at) < time)
    }

    /// Something is worth telling; it is told by [`Notices::due`].
    pub fn put(&mut self, text: String) {
        if self.has_focus == Some(true) {
            return;
        }
        let before = self.waiting.take().map_or(0, |(count, _)| count);
        self.waiting = Some((before + 1, text));
    }

    /// What is to be told now.
    pub fn due(&mut self, now: Timestamp) -> Option<String> {
        if self.quiet_until.is_some_and(|until| now < until) {
            return None;
        }
        let (count, text) = self.waiting.take()?;
        self.quiet_until = Some(now + BETWEEN);
        Some(if count > 1 { format!("{text} (and {} more)", count - 1) } else { text })
    }

    /// When something is due next.
    pub fn wakes_at(&self) -> Option<Timestamp> {
        self.waiting.as_ref().and(self.quiet_until)
    }
}

/// What is told, as one short line without any control character.
pub fn words(text: &str) -> String {
    crate::mail::safe::line(text).chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

/// Which words a terminal understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// iTerm2's OSC 9, which most understand.
    Osc9,
    /// urxvt's OSC 777, for those that understand only this.
    Osc777,
}

/// What is known of the terminal by the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal {
    pub dialect: Dialect,
    /// tmux stands between and passes on only what is wrapped, if it is allowed to.
    pub is_in_tmux: bool,
}

impl Terminal {
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let named = |name: &str| variable(name).filter(|value| !value.is_empty());
        let term = named("TERM").unwrap_or_default();
        let is_777 = named("VTE_VERSION").is_some() || term.starts_with("rxvt") || term.starts_with("foot");
        let dialect = if is_777 { Dialect::Osc777 } else { Dialect::Osc9 };
        Self { dialect, is_in_tmux: named("TMUX").is_some() }
    }

    /// What is written to the terminal. No character of `text` can end the notification or begin something else.
    pub fn octets(self, how: Notify, text: &str) -> String {
        // `;` parts the fields of OSC 777, and a number before one is another command of OSC 9.
        let safe = words(text).replace(';', ",");
        let told = match (how, self.dialect) {
            (Notify::Off, _) => return String::new(),
            (Notify::Bell, _) => return "\x07".to_owned(),
            (Notify::Terminal | Notify::Desktop, Dialect::Osc9) => format!("\x1b]9;bagsy: {safe}\x1b\\"),
            (Notify::Terminal | Notify::Desktop, Dialect::Osc777) => format!("\x1b]777;notify;bagsy;{safe}\x1b\\"),
        };
        if !self.is_in_tmux {
            return told;
        }
        format!("\x1bPtmux;{}\x1b\\", told.replace('\x1b', "\x1b\x1b"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Assignee, Status};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn handle(name: &str) -> Handle {
        Handle::new(name).unwrap()
    }

    fn change(kind: ChangeKind, by: &str, holder: Option<&str>) -> Change {
        Change {
            at: at(0),
            kind,
            mailbox: "support@example.test".into(),
            conversation: ConversationId("k7q".into()),
            subject: "Printer on fire".into(),
            by: Some(by.into()),
            status: Status::Open,
            assignee: holder.map_or(Assignee::Free, |name| Assignee::Held(handle(name))),
            tags: Vec::new(),
        }
    }

    #[test]
    fn what_is_given_to_me_or_answered_to_me_deserves_a_notice() {
        use ChangeKind as K;
        let me = handle("alice");
        let told = |kind, by, holder| deserves(&change(kind, by, holder), Some(&me), false, true, false);
        assert!(told(K::Assigned, "bob", Some("alice")));
        assert!(told(K::Claimed, "alice", Some("alice")), "keywords tell no more of what a teammate gave me");
        assert!(told(K::TakeOver, "alice", Some("alice")));
        assert!(told(K::New, "dana@reyes.example", Some("alice")));
        for (kind, by, holder) in [
            (K::Assigned, "alice", Some("alice")),
            (K::Assigned, "alice", Some("bob")),
            (K::Claimed, "bob", Some("bob")),
            (K::New, "dana@reyes.example", Some("bob")),
            (K::New, "dana@reyes.example", None),
            (K::Replied, "alice", Some("alice")),
            (K::Status, "alice", Some("alice")),
            (K::Tagged, "bob", Some("alice")),
            (K::Released, "alice", None),
        ] {
            assert!(!told(kind, by, holder), "{kind:?} by {by}, {holder:?}'s");
        }
        let nobody = deserves(&change(K::New, "dana@reyes.example", None), None, false, true, false);
        assert!(!nobody, "who has no handle holds nothing");
    }

    #[test]
    fn what_the_person_did_here_is_no_news_but_mail_is() {
        let me = handle("alice");
        let own = |kind| deserves(&change(kind, "alice", Some("alice")), Some(&me), true, false, false);
        assert!(!own(ChangeKind::Claimed) && !own(ChangeKind::TakeOver) && !own(ChangeKind::Assigned));
        assert!(own(ChangeKind::New));
    }

    #[test]
    fn a_new_conversation_is_told_if_asked_for() {
        let me = handle("alice");
        let new = |is_first, wants| {
            deserves(&change(ChangeKind::New, "dana@reyes.example", None), Some(&me), false, is_first, wants)
        };
        assert!(new(true, true) && !new(true, false) && !new(false, true));
    }

    #[test]
    fn what_was_asked_for_here_is_known_for_a_minute() {
        let mut notices = Notices::default();
        let change = change(ChangeKind::Claimed, "alice", Some("alice"));
        assert!(!notices.is_own(&change, at(0)));
        notices.asked(&change.mailbox, change.conversation.clone(), at(0));
        assert!(notices.is_own(&change, at(59)) && !notices.is_own(&change, at(60)));
        assert!(!notices.is_own(&Change { mailbox: "sales@example.test".into(), ..change }, at(1)));
    }

    #[test]
    fn however_much_happens_it_is_told_now_and_then() {
        let mut notices = Notices::default();
        notices.put("one".into());
        assert_eq!(notices.due(at(0)).as_deref(), Some("one"));
        assert_eq!((notices.due(at(0)), notices.wakes_at()), (None, None));
        for n in 0..40 {
            notices.put(format!("number {n}"));
        }
        assert_eq!((notices.due(at(4)), notices.wakes_at()), (None, Some(at(5))));
        assert_eq!(notices.due(at(5)).as_deref(), Some("number 39 (and 39 more)"));
        assert_eq!(notices.due(at(60)), None);
    }

    #[test]
    fn whoever_is_there_is_left_alone() {
        let mut notices = Notices::default();
        notices.focus(true);
        notices.put("seen".into());
        assert_eq!(notices.due(at(0)), None);
        notices.focus(false);
        notices.put("not seen".into());
        notices.focus(true);
        notices.focus(false);
        assert_eq!(notices.due(at(1)), None, "it was seen before it was due");
        notices.put("told".into());
        assert_eq!(notices.due(at(2)).as_deref(), Some("told"));
    }

    #[test]
    fn each_terminal_is_spoken_to_in_its_own_words() {
        let of = |set: &[(&str, &str)]| {
            Terminal::of(|name| set.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(of(&[("TERM", "xterm-256color")]).octets(Notify::Terminal, "x"), "\x1b]9;bagsy: x\x1b\\");
        let vte = of(&[("TERM", "xterm-256color"), ("VTE_VERSION", "7000")]);
        assert_eq!(vte.octets(Notify::Terminal, "x"), "\x1b]777;notify;bagsy;x\x1b\\");
        assert_eq!(of(&[("TERM", "foot")]).dialect, Dialect::Osc777);
        let tmux = of(&[("TERM", "tmux-256color"), ("TMUX", "/tmp/tmux-0/default,1,0")]);
        assert_eq!(tmux.octets(Notify::Terminal, "x"), "\x1bPtmux;\x1b\x1b]9;bagsy: x\x1b\x1b\\\x1b\\");
        assert_eq!(tmux.octets(Notify::Bell, "x"), "\x07", "tmux understands a bell");
        assert_eq!(tmux.octets(Notify::Off, "x"), "");
    }

    #[test]
    fn no_text_breaks_out_of_a_notification() {
        let evil = "a\x07b\x1b\\c\u{9c}d\u{9d}e\n\rf;g\0\x1b]52;c;eA==\x07\u{202e}h\x1bPtmux;\x18\x1a";
        for (dialect, is_in_tmux) in [(Dialect::Osc9, false), (Dialect::Osc777, false), (Dialect::Osc9, true)] {
            let octets = Terminal { dialect, is_in_tmux }.octets(Notify::Terminal, evil);
            let clean = Terminal { dialect, is_in_tmux }.octets(Notify::Terminal, "clean");
            let controls = |text: &str| text.chars().filter(|c| c.is_control()).collect::<String>();
            assert_eq!(controls(&octets), controls(&clean), "{octets:?}");
            assert_eq!(octets.matches(';').count(), clean.matches(';').count(), "{octets:?}");
        }
        let long = Terminal { dialect: Dialect::Osc9, is_in_tmux: false }.octets(Notify::Terminal, &"x".repeat(9_999));
        assert!(long.len() < 300);
    }
}
