//! People who answer one customer at the same moment: the real machines of `bagsy::wire::answer` and `settle` on a model of
//! a mailbox and a submission server, every interleaving, with programs that die anywhere and are started again.
//!
//! Of people this is assumed: who says what became of an answer knows it, and nobody writes a new answer as long as one is
//! to be seen that was sent or is pending. Of time: a copy that is ten minutes old is not of a program that never stopped
//! since.

use std::fmt;

use bagsy::model::Uid;
use bagsy::wire::answer::{Answer, Ask, Copy, Item, Outcome, Progress, Reply, Seen, Stage, Told, View, Why};
use bagsy::wire::keywords::{self, Fate};
use bagsy::wire::settle::{Settle, Verdict};
use bagsy::wire::state;
use bagsy::wire::status::Goal;
use bagsy::wire::step::{self, FlagChange, LIMIT_MS, Protocol, Step};

use super::folder::{Folder, Mail, PEOPLE, claims_of, handle};
use super::search::Model;

/// STOREs of one run before ten seconds are over.
const TRIES: u8 = 5;

/// A machine, or one who carries it out, that is wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flaw {
    None,
    /// The check finds nothing but its own copy.
    ChecksNothing,
    /// After a restart what was transmitting is taken for not sent.
    SendsAgain,
    /// Counts a copy as seen that was pending when the answer was begun.
    SawThePending,
    /// An answer that is taken up again does not claim its copy.
    ClaimsNoCopy,
}

/// One setting that is explored.
#[derive(Debug, Clone)]
pub struct Answers {
    /// How many people answer.
    pub people: usize,
    /// Nothing is answered: each mail begins a conversation of its own.
    pub is_opening: bool,
    /// Whether the mailbox keeps claims; the trap is at work then.
    pub claims: bool,
    pub may_delete: bool,
    /// Whether a copy in Sent can be announced at all. Where it cannot, each person was warned, and nothing keeps two from
    /// answering at once.
    pub announce: bool,
    /// Everybody wants it sent all the same where no announcement is kept.
    pub unannounced: bool,
    /// Sent drops the keywords of what is appended.
    pub drops_keywords: bool,
    /// The submission server files what it takes, with no keyword.
    pub server_files: bool,
    /// STOREs in Sent to which the server says yes and which it does not carry out.
    pub deaf: u8,
    pub crashes: u8,
    /// How often a program that died, or has to try later, starts again.
    pub resumes: u8,
    /// How often a person settles, and writes a new answer after one that was not sent.
    pub settles: u8,
    pub rewrites: u8,
    /// How often the submission server, or an APPEND, does anything but what is hoped for.
    pub troubles: u8,
    /// Mail of the customer's that comes in.
    pub arrivals: u8,
    pub flaw: Flaw,
}

impl Answers {
    /// Two people who answer at once in a mailbox that keeps no claims.
    pub fn of(people: usize) -> Self {
        Self {
            people,
            is_opening: false,
            claims: false,
            may_delete: false,
            announce: true,
            unannounced: false,
            drops_keywords: false,
            server_files: false,
            deaf: 0,
            crashes: 0,
            resumes: 0,
            settles: 0,
            rewrites: 0,
            troubles: 0,
            arrivals: 0,
            flaw: Flaw::None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Running {
    Nothing,
    Answering(Box<(Answer, Ask)>),
    Settling(Box<(Settle, step::Ask)>, u8),
}

/// One person's program.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Writer {
    /// The answer's number: its Message-ID.
    item: u8,
    envelope: Item,
    /// The outbox.
    outbox: Option<Progress>,
    running: Running,
    /// A program that stopped and has not been started since.
    is_stopped: bool,
    /// STOREs of the run: then the ten seconds of a claim are over.
    stores: u8,
    end: Option<Outcome>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    inbox: Folder,
    sent: Folder,
    /// Copies older than ten minutes, by UID.
    old: u16,
    /// Which answer each copy is, by UID.
    items: Vec<u8>,
    /// APPENDs that were sent, of which nothing was heard, and which may yet be carried out.
    late: Vec<u8>,
    /// How often each answer reached the customer.
    delivered: Vec<u8>,
    writers: Vec<Writer>,
    crashes: u8,
    resumes: u8,
    settles: u8,
    rewrites: u8,
    troubles: u8,
    arrivals: u8,
    deaf: u8,
    /// What a step did that must never be done.
    fault: Option<&'static str>,
}

/// What happened in a step.
pub enum Did {
    Carried(usize, u8, Box<Ask>, Box<Told>, Option<Outcome>),
    Settled(usize, u8, Box<step::Ask>, Box<step::Told>),
    Dies(usize),
    TakesUp(usize),
    Settles(usize, u8, Verdict),
    SaysOfOwn(usize, u8, bool),
    WritesAnew(usize, u8),
    Ages,
    Arrives,
    LateAppend(u8),
}

impl fmt::Display for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Carried(who, item, ask, told, end) => {
                let told = match &**told {
                    Told::Looked(view) => {
                        let copies = view.sent.iter().map(|c| {
                            format!(" {}{}({})", if c.is_own { "own " } else { "" }, c.uid, c.flags.atoms().join(" "))
                        });
                        format!("looks: Sent has{}", copies.collect::<String>())
                    }
                    told => format!("{ask:?} → {told:?}"),
                };
                write!(f, "{} (answer {item}): {told}", PEOPLE[*who])?;
                end.iter().try_for_each(|end| write!(f, "; ends: {end:?}"))
            }
            Self::Settled(who, item, ask, told) => write!(f, "{} settles {item}: {ask:?} → {told:?}", PEOPLE[*who]),
            Self::Dies(who) => write!(f, "{}'s program dies", PEOPLE[*who]),
            Self::TakesUp(who) => write!(f, "{}'s program takes its answer up again", PEOPLE[*who]),
            Self::Settles(who, item, verdict) => write!(f, "{} settles answer {item}: {verdict:?}", PEOPLE[*who]),
            Self::SaysOfOwn(who, item, was_sent) => {
                let what = if *was_sent { "was sent" } else { "was not sent" };
                write!(f, "{} says that answer {item}, of which nothing is pending, {what}", PEOPLE[*who])
            }
            Self::WritesAnew(who, item) => write!(f, "{} writes anew: answer {item}", PEOPLE[*who]),
            Self::Ages => f.write_str("ten minutes pass"),
            Self::Arrives => f.write_str("the customer writes again"),
            Self::LateAppend(item) => write!(f, "the APPEND of answer {item} is carried out after all"),
        }
    }
}

impl State {
    fn pending(&self, item: u8) -> Vec<Mail> {
        let own = |m: &&Mail| self.items[usize::from(m.uid) - 1] == item;
        self.sent.mails.iter().filter(own).filter(|m| keywords::fate(&m.flags()) == Fate::Pending).copied().collect()
    }

    fn append(&mut self, item: u8, keeps_keywords: bool) {
        let copy = self.sent.arrive();
        if keeps_keywords {
            copy.set(keywords::SUBMIT_PENDING);
        }
        self.items.push(item);
    }

    /// Whether an answer that nobody got looks as if it were sent.
    fn looks_sent(&self, item: u8) -> bool {
        let own = self.sent.mails.iter().filter(|m| self.items[usize::from(m.uid) - 1] == item);
        own.into_iter().any(|m| keywords::fate(&m.flags()) == Fate::Sent)
    }

    /// A step on the pending copies of an answer.
    fn copies(&mut self, item: u8, ask: &step::Ask) -> step::Told {
        match ask {
            step::Ask::Look => step::Told::Seen(self.pending(item).iter().map(Mail::sight).collect()),
            step::Ask::Store { uid, unchanged_since, change } => self.sent.store(*uid, *unchanged_since, change),
            step::Ask::Wait { .. } => step::Told::Waited,
            step::Ask::Move { .. } => step::Told::Moved { accepted: false },
        }
    }

    fn view(&self, model: &Answers, item: u8) -> View {
        let copy = |m: &Mail| Copy {
            uid: Uid(m.uid.into()),
            modseq: m.sight().modseq,
            flags: m.flags(),
            is_own: self.items[usize::from(m.uid) - 1] == item,
            is_old: self.old & 1 << m.uid != 0,
        };
        let mut sent: Vec<Copy> = self.sent.mails.iter().map(copy).collect();
        if model.flaw == Flaw::ChecksNothing {
            sent.retain(|c| c.is_own);
        }
        let is_answered = self.inbox.mail(1).is_some_and(|m| m.has(keywords::ANSWERED));
        View { inbox: self.inbox.sights(), is_answered, sent, is_named: false }
    }
}

impl Answers {
    fn envelope(&self, who: usize, state: Option<&State>) -> Item {
        let newest = |f: &Folder| f.mails.last().map_or(0, |m| m.uid);
        let seen_sent = state.map_or(0, |s| {
            let pending = s.sent.mails.iter().filter(|m| keywords::fate(&m.flags()) == Fate::Pending);
            let first = pending.map(|m| m.uid).min().filter(|_| self.flaw != Flaw::SawThePending);
            let seen = s.sent.mails.iter().map(|m| m.uid).filter(|uid| first.is_none_or(|p| *uid < p));
            seen.max().unwrap_or(0)
        });
        Item {
            me: handle(who),
            seen: Seen {
                inbox: Uid(state.map_or(u8::from(!self.is_opening), |s| newest(&s.inbox)).into()),
                sent: Uid(seen_sent.into()),
                was_answered: state.is_some_and(|s| s.inbox.mail(1).is_some_and(|m| m.has(keywords::ANSWERED))),
                ..Seen::default()
            },
            expect: bagsy::model::Expectation::default(),
            recipients: 1,
            claims: self.claims,
            announce: self.announce,
            unannounced: self.unannounced || !self.announce,
            files: true,
            may_delete: self.may_delete,
            then: self.claims.then_some(Goal::Waiting),
        }
    }

    fn begin(&self, who: usize, item: u8, state: Option<&State>) -> Writer {
        let envelope = self.envelope(who, state);
        let running = answering(&envelope, &Progress::begin());
        let outbox = Some(Progress::begin());
        Writer { item, envelope, outbox, running, is_stopped: false, stores: 0, end: None }
    }

    /// All that may come of what a program asks.
    fn answers(&self, state: &State, item: u8, ask: &Ask) -> Vec<(State, Told)> {
        let mut hoped = state.clone();
        let mut all = Vec::new();
        let trouble = |told: Told, all: &mut Vec<(State, Told)>, change: &dyn Fn(&mut State)| {
            if state.troubles > 0 {
                let mut after = State { troubles: state.troubles - 1, ..state.clone() };
                change(&mut after);
                all.push((after, told));
            }
        };
        let later = || Told::Replied(Reply::Later("451".into()));
        let never = || Told::Replied(Reply::Never("550".into()));
        let silent = || Told::Replied(Reply::Silent);
        let told = match ask {
            Ask::Look => Told::Looked(state.view(self, item)),
            Ask::Inbox(step::Ask::Look) => Told::Inbox(step::Told::Seen(state.inbox.sights())),
            Ask::Inbox(step::Ask::Wait { .. }) => Told::Inbox(step::Told::Waited),
            Ask::Inbox(step::Ask::Move { .. }) => Told::Inbox(step::Told::Moved { accepted: false }),
            Ask::Inbox(store @ step::Ask::Store { uid, unchanged_since, change }) => {
                let trapped = trapped(&state.inbox, store);
                all.extend(trapped.map(|(inbox, told)| (State { inbox, ..state.clone() }, Told::Inbox(told))));
                Told::Inbox(hoped.inbox.store(*uid, *unchanged_since, change))
            }
            Ask::Copies(ask) => {
                let trapped = trapped(&state.sent, ask);
                all.extend(trapped.map(|(sent, told)| (State { sent, ..state.clone() }, Told::Copies(told))));
                if matches!(ask, step::Ask::Store { .. }) && state.deaf > 0 {
                    let nothing = step::Told::Stored { accepted: true, modified: false, fetched: false };
                    all.push((State { deaf: state.deaf - 1, ..state.clone() }, Told::Copies(nothing)));
                }
                Told::Copies(hoped.copies(item, ask))
            }
            Ask::Delete(uid) => {
                hoped.sent.expunge(u8::try_from(uid.0).expect("small"));
                Told::Deleted
            }
            Ask::Append | Ask::File => {
                let keeps = *ask == Ask::Append && !self.drops_keywords;
                trouble(Told::Appended(None), &mut all, &|s| s.append(item, keeps));
                trouble(Told::Appended(None), &mut all, &|_| {});
                // One that is late where keywords are dropped looks sent whatever anybody does: there the proof ends.
                if keeps {
                    trouble(Told::Appended(None), &mut all, &|s| s.late.push(item));
                }
                trouble(Told::Appended(Some(false)), &mut all, &|_| {});
                hoped.append(item, keeps);
                Told::Appended(Some(true))
            }
            Ask::MarkAnswered => {
                let mark = FlagChange::Add(vec![keywords::ANSWERED.to_owned()]);
                hoped.inbox.apply(Uid(1), &mark);
                Told::MarkedAnswered
            }
            Ask::Save(_) => Told::Saved,
            Ask::Connect | Ask::MailFrom | Ask::Recipient(_) => {
                trouble(later(), &mut all, &|_| {});
                if matches!(ask, Ask::Recipient(_)) {
                    trouble(never(), &mut all, &|_| {});
                }
                Told::Replied(Reply::Done)
            }
            Ask::Reset => Told::Replied(Reply::Done),
            Ask::Data => {
                let deliver = |s: &mut State| {
                    s.delivered[usize::from(item)] += 1;
                    if self.server_files {
                        s.append(item, false);
                    }
                };
                trouble(silent(), &mut all, &deliver);
                trouble(silent(), &mut all, &|_| {});
                trouble(later(), &mut all, &|_| {});
                trouble(never(), &mut all, &|_| {});
                deliver(&mut hoped);
                Told::Replied(Reply::Done)
            }
        };
        all.push((hoped, told));
        all
    }

    fn carry_out(&self, state: &State, who: usize) -> Vec<(Did, State)> {
        match &state.writers[who].running {
            Running::Nothing => Vec::new(),
            Running::Answering(running) => self.answer(state, who, &running.1),
            Running::Settling(running, item) => self.settle(state, who, *item, &running.1),
        }
    }

    fn answer(&self, state: &State, who: usize, ask: &Ask) -> Vec<(Did, State)> {
        let item = state.writers[who].item;
        let mut all = Vec::new();
        for (mut after, told) in self.answers(state, item, ask) {
            let writer = &mut after.writers[who];
            if let Ask::Save(progress) = ask {
                writer.outbox = Some(progress.clone());
            }
            let is_store = matches!(ask, Ask::Inbox(step::Ask::Store { .. }) | Ask::Copies(step::Ask::Store { .. }));
            writer.stores = (writer.stores + u8::from(is_store)).min(TRIES);
            let now_ms = if writer.stores >= TRIES { LIMIT_MS } else { 0 };
            let Running::Answering(running) = &mut writer.running else { continue };
            let mut step = running.0.next(told.clone(), now_ms);
            if self.flaw == Flaw::ClaimsNoCopy {
                step = self.skip_claiming(running, step, state, item);
            }
            let end = match step {
                Step::Ask(ask) => {
                    running.1 = ask;
                    None
                }
                Step::Finished(outcome) => Some(outcome),
            };
            if let Some(outcome) = &end {
                self.end(&mut after, who, outcome);
            }
            all.push((Did::Carried(who, item, Box::new(ask.clone()), Box::new(told), end), after));
        }
        all
    }

    /// Lets the claim on the copy believe that it stands already.
    fn skip_claiming(
        &self,
        running: &mut (Answer, Ask),
        mut step: Step<Ask, Outcome>,
        state: &State,
        item: u8,
    ) -> Step<Ask, Outcome> {
        let me = PEOPLE.iter().position(|p| *p == handle(usize::from(item) % self.people).as_str());
        let mut seen: Vec<step::Sight> = state.pending(item).iter().map(Mail::sight).collect();
        for sight in &mut seen {
            sight.flags.keywords.retain(|k| keywords::claimant(k).is_none());
            sight.flags.keywords.push(keywords::claim(&handle(me.expect("a person"))));
        }
        while let Step::Ask(Ask::Copies(ask @ (step::Ask::Look | step::Ask::Wait { .. }))) = &step {
            let is_look = *ask == step::Ask::Look;
            let told = if is_look { step::Told::Seen(seen.clone()) } else { step::Told::Waited };
            step = running.0.next(Told::Copies(told), 0);
        }
        step
    }

    fn end(&self, state: &mut State, who: usize, outcome: &Outcome) {
        let writer = &mut state.writers[who];
        let was_delivered = state.delivered[usize::from(writer.item)] > 0;
        let is_only_marked = writer.outbox.as_ref().is_some_and(|p| p.stage == Stage::Submitted);
        writer.running = Running::Nothing;
        (writer.is_stopped, writer.stores) = (true, 0);
        if matches!(outcome, Outcome::Sent | Outcome::NotSent(_)) {
            writer.outbox = None;
        }
        state.fault = match outcome {
            Outcome::Sent if !was_delivered => Some("it is called sent and nobody got it"),
            Outcome::NotSent(_) if was_delivered => Some("its text is a draft again, and the customer has it"),
            Outcome::Later(_) if was_delivered && !is_only_marked => {
                Some("it is to be tried again, and the customer has it")
            }
            _ => None,
        };
        // Words for people make no two states of one.
        writer.end = Some(match outcome {
            Outcome::Later(_) => Outcome::Later(String::new()),
            Outcome::NotSent(_) => Outcome::NotSent(Why::Discarded),
            other => other.clone(),
        });
    }

    fn settle(&self, state: &State, who: usize, item: u8, ask: &step::Ask) -> Vec<(Did, State)> {
        let mut hoped = state.clone();
        let told = hoped.copies(item, ask);
        let mut all = vec![(hoped, told)];
        all.extend(trapped(&state.sent, ask).map(|(sent, told)| (State { sent, ..state.clone() }, told)));
        let tell = |(mut after, told): (State, step::Told)| {
            let writer = &mut after.writers[who];
            writer.stores = (writer.stores + u8::from(matches!(ask, step::Ask::Store { .. }))).min(TRIES);
            let now_ms = if writer.stores >= TRIES { LIMIT_MS } else { 0 };
            if let Running::Settling(running, _) = &mut writer.running {
                match running.0.next(told.clone(), now_ms) {
                    Step::Ask(ask) => running.1 = ask,
                    Step::Finished(_) => (writer.running, writer.stores) = (Running::Nothing, 0),
                }
            }
            (Did::Settled(who, item, Box::new(ask.clone()), Box::new(told)), after)
        };
        all.into_iter().map(tell).collect()
    }

    fn programs(&self, state: &State, who: usize) -> Vec<(Did, State)> {
        let writer = &state.writers[who];
        let mut all = Vec::new();
        if writer.running != Running::Nothing {
            if state.crashes > 0 {
                let mut after = State { crashes: state.crashes - 1, ..state.clone() };
                let writer = &mut after.writers[who];
                (writer.running, writer.is_stopped, writer.stores) = (Running::Nothing, true, 0);
                all.push((Did::Dies(who), after));
            }
            return all;
        }
        if let (Some(progress), true) = (&writer.outbox, state.resumes > 0) {
            let mut after = State { resumes: state.resumes - 1, ..state.clone() };
            let writer = &mut after.writers[who];
            let mut progress = progress.clone();
            if self.flaw == Flaw::SendsAgain && progress.stage == Stage::Transmitting {
                progress.stage = Stage::Submitting;
            }
            writer.running = answering(&writer.envelope, &progress);
            (writer.is_stopped, writer.end) = (false, None);
            all.push((Did::TakesUp(who), after));
        }
        all
    }

    /// What a person may do while no program of theirs is at work.
    fn people(&self, state: &State, who: usize) -> Vec<(Did, State)> {
        let writer = &state.writers[who];
        let mut all = Vec::new();
        if writer.running != Running::Nothing {
            return all;
        }
        let has_text = matches!(writer.end, Some(Outcome::NotSent(_)));
        let is_asked = has_text || writer.end == Some(Outcome::Unknown);
        for item in 0..u8::try_from(state.delivered.len()).expect("few") {
            let Some(copy) = state.pending(item).first().copied() else { continue };
            if state.settles > 0 && is_asked && state.old & 1 << copy.uid != 0 {
                let verdict = if state.delivered[usize::from(item)] > 0 { Verdict::WasSent } else { Verdict::Discard };
                let mut after = State { settles: state.settles - 1, ..state.clone() };
                let (machine, ask) = Settle::start(handle(who), verdict, None);
                after.writers[who].running = Running::Settling(Box::new((machine, ask)), item);
                all.push((Did::Settles(who, item, verdict), after));
            }
        }
        // One's own answer whose fate nobody knows and of which no copy waits: its person says what became of it.
        let is_unknown =
            writer.outbox.as_ref().is_some_and(|p| matches!(p.stage, Stage::Transmitting | Stage::Unknown));
        if state.settles > 0 && is_unknown && state.pending(writer.item).is_empty() {
            let mut after = State { settles: state.settles - 1, ..state.clone() };
            let was_sent = state.delivered[usize::from(writer.item)] > 0;
            let settled = &mut after.writers[who];
            match settled.outbox.take() {
                Some(progress) if was_sent => {
                    settled.outbox = Some(Progress { stage: Stage::Submitted, ..progress });
                }
                _ => settled.end = Some(Outcome::NotSent(Why::Discarded)),
            }
            all.push((Did::SaysOfOwn(who, writer.item, was_sent), after));
        }
        let fates = || state.sent.mails.iter().map(|m| keywords::fate(&m.flags()));
        let sees_none = fates().all(|fate| fate == Fate::Void);
        let sees_no_sent = fates().all(|fate| fate != Fate::Sent);
        let would_write = if self.flaw == Flaw::SawThePending { sees_no_sent } else { sees_none };
        if state.rewrites > 0 && has_text && would_write && writer.outbox.is_none() {
            let item = writer.item + u8::try_from(self.people).expect("few");
            if usize::from(item) < state.delivered.len() {
                let mut after = State { rewrites: state.rewrites - 1, ..state.clone() };
                after.writers[who] = self.begin(who, item, Some(state));
                all.push((Did::WritesAnew(who, item), after));
            }
        }
        all
    }

    fn weather(&self, state: &State) -> Vec<(Did, State)> {
        let mut all = Vec::new();
        if state.settles > 0 {
            let runs = |item: u8| state.writers.iter().any(|w| w.item == item && !w.is_stopped);
            let mut old = state.old;
            for mail in &state.sent.mails {
                let is_pending = keywords::fate(&mail.flags()) == Fate::Pending;
                if is_pending && !runs(state.items[usize::from(mail.uid) - 1]) {
                    old |= 1 << mail.uid;
                }
            }
            if old != state.old {
                all.push((Did::Ages, State { old, ..state.clone() }));
            }
        }
        if state.arrivals > 0 && state.writers.iter().any(|w| w.running != Running::Nothing) {
            let mut after = State { arrivals: state.arrivals - 1, ..state.clone() };
            after.inbox.arrive();
            all.push((Did::Arrives, after));
        }
        if let Some(item) = state.late.first().copied() {
            let mut after = state.clone();
            after.late.remove(0);
            after.append(item, !self.drops_keywords);
            all.push((Did::LateAppend(item), after));
        }
        all
    }

    /// From whatever is left somebody else must be able to settle every copy.
    fn unmended(&self, state: &State) -> Option<String> {
        let mut state = state.clone();
        for item in 0..u8::try_from(state.delivered.len()).expect("few") {
            let Some(copy) = state.pending(item).first().copied() else { continue };
            let verdict = if state.delivered[usize::from(item)] > 0 { Verdict::WasSent } else { Verdict::Discard };
            let saw = state::assignee(&[copy.sight()]);
            let (mut machine, mut ask) = Settle::start(handle(3), verdict, Some(saw));
            let mut now_ms = 0;
            let outcome = loop {
                now_ms += 100;
                let told = state.copies(item, &ask);
                match machine.next(told, now_ms) {
                    Step::Ask(next) => ask = next,
                    Step::Finished(outcome) => break outcome,
                }
            };
            if outcome.is_err() || !state.pending(item).is_empty() {
                return Some(format!("nobody can settle answer {item}: {outcome:?}"));
            }
        }
        None
    }
}

/// Dovecot's trap: a new claim is let through though its guard does not hold.
fn trapped(folder: &Folder, ask: &step::Ask) -> Option<(Folder, step::Told)> {
    let step::Ask::Store { uid, unchanged_since, change: change @ FlagChange::Add(_) } = ask else { return None };
    if claims_of(change).is_empty() || folder.holds(*uid, *unchanged_since) {
        return None;
    }
    let mut after = folder.clone();
    let fetched = after.apply(*uid, change);
    Some((after, step::Told::Stored { accepted: true, modified: false, fetched }))
}

fn answering(envelope: &Item, progress: &Progress) -> Running {
    Running::Answering(Box::new(Answer::start(envelope.clone(), progress.clone())))
}

impl Model for Answers {
    type State = State;
    type Did = Did;

    fn initial(&self) -> State {
        State {
            inbox: Folder::with(u8::from(!self.is_opening)),
            sent: Folder::with(0),
            old: 0,
            items: Vec::new(),
            late: Vec::new(),
            delivered: vec![0; self.people * 2],
            writers: (0..self.people).map(|who| self.begin(who, u8::try_from(who).expect("few"), None)).collect(),
            crashes: self.crashes,
            resumes: self.resumes,
            settles: self.settles,
            rewrites: self.rewrites,
            troubles: self.troubles,
            arrivals: self.arrivals,
            deaf: self.deaf,
            fault: None,
        }
    }

    fn steps(&self, state: &State) -> Vec<(Did, State)> {
        let mut all = Vec::new();
        for who in 0..self.people {
            all.extend(self.carry_out(state, who));
            all.extend(self.programs(state, who));
            all.extend(self.people(state, who));
        }
        all.extend(self.weather(state));
        all
    }

    fn wrong(&self, state: &State, is_final: bool) -> Option<String> {
        if let Some(fault) = state.fault {
            return Some(fault.into());
        }
        let is_announced = self.announce && !self.unannounced;
        let count =
            if is_announced { state.delivered.iter().sum() } else { *state.delivered.iter().max().unwrap_or(&0) };
        if count > 1 {
            return Some("the customer got two answers".into());
        }
        if !is_final {
            return None;
        }
        // Whatever is not in the outbox any more has come to its end.
        let ended = |item: u8| state.writers.iter().all(|w| w.item != item || w.outbox.is_none());
        for item in 0..u8::try_from(state.delivered.len()).expect("few") {
            if state.delivered[usize::from(item)] == 0 && ended(item) && state.looks_sent(item) {
                return Some(format!("nobody got answer {item}, and its copy looks sent to everybody"));
            }
            // An APPEND that was given up may come late, and lies there pending.
            let is_sent = self.troubles == 0 && state.delivered[usize::from(item)] > 0;
            if is_sent && ended(item) && !state.pending(item).is_empty() {
                return Some(format!(
                    "answer {item} was sent and is out of the outbox, and its copy says that nobody knows"
                ));
            }
        }
        self.unmended(state)
    }
}
