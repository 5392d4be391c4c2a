//! The order of the steps of an answer.

use super::check::{self, Own, objection};
use super::{Ask, Ending, Item, Outcome, Progress, Reply, Stage, Told, View, Why, fits_done};
use crate::model::{Expectation, Status, Uid};
use crate::wire::claim::Claim;
use crate::wire::keywords::{self, Fate};
use crate::wire::status::SetStatus;
use crate::wire::step::{self, FlagChange, Protocol, Step, Stopped};

/// A check counts for a minute.
const CHECKED_MS: u64 = 60_000;
/// A copy may be settled by others ten minutes after its APPEND. One that has lain for half of that is claimed before the
/// text goes out, as one is after a restart: who settles it has to win that claim.
const CLAIM_COPY_MS: u64 = 300_000;
/// How often one run repeats an APPEND, and a mark on a copy that the server says yes to and does not keep.
const TRIES: u8 = 3;

type AnswerStep = Step<Ask, Outcome>;

/// One run of one answer, from any stage to its end or to where it has to wait.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Answer {
    item: Item,
    progress: Progress,
    /// When the last look was that found nothing against it.
    checked_ms: u64,
    /// When the copy was appended, as far as this run knows.
    announced_ms: Option<u64>,
    is_copy_claimed: bool,
    /// Its copy was to be told whose it is: tried once a run, since nothing hangs on it.
    is_signed: bool,
    tries: u8,
    /// How often a second copy was declared void.
    prunes: u8,
    state: State,
}

/// What a check leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Then {
    MailFrom,
    Data,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum State {
    /// The first look of this run.
    Resuming,
    ClaimingCopy(Box<Claim>, Then),
    Claiming(Box<Claim>),
    Connecting,
    /// The outbox learns of what comes next.
    Saving(Next),
    Appending,
    /// An APPEND was not answered: is it there?
    Seeking,
    Checking(Then),
    /// A second copy of our own becomes void.
    Pruning(Then),
    MailFrom,
    Recipient(usize),
    Transmitting,
    Resetting(Ending),
    /// A look at what has to become void.
    Withdrawing(Ending),
    Voiding(Ending, Uid),
    Deleting(Ending),
    /// A look at what has to be marked.
    Marking,
    /// `is_with_name`: whose it is as well, in the same STORE.
    AddingSubmitted {
        copy: Uid,
        is_with_name: bool,
        off: Vec<String>,
    },
    RemovingPending,
    /// What was sent and lies nowhere is filed.
    Filing,
    MarkingAnswered,
    Following(Box<SetStatus>),
}

/// What follows when the outbox has it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Next {
    Resume,
    Append,
    Check,
    MailFrom,
    Data,
    Withdraw(Ending),
    Mark,
    Finish(Outcome),
}

impl Answer {
    /// Takes an answer up from where the outbox has it.
    pub fn start(item: Item, progress: Progress) -> (Self, Ask) {
        let state = match &progress.stage {
            Stage::Withdrawing(ending) => State::Withdrawing(ending.clone()),
            Stage::Submitted => State::Marking,
            _ => State::Resuming,
        };
        let answer = Self {
            item,
            progress,
            checked_ms: 0,
            announced_ms: None,
            is_copy_claimed: false,
            is_signed: false,
            tries: 0,
            prunes: 0,
            state,
        };
        (answer, Ask::Look)
    }

    /// The first look: what is left of an earlier run decides where this one begins.
    fn resume(&mut self, view: View) -> AnswerStep {
        let may_be_sent = matches!(self.progress.stage, Stage::Transmitting | Stage::Unknown);
        let is_new = matches!(self.progress.stage, Stage::Unsent | Stage::Announcing) || !self.announces();
        match check::own(&view, self.progress.spent) {
            Own::Sent(_) | Own::Bare(_) if may_be_sent => self.save(Stage::Submitted, Next::Mark),
            _ if may_be_sent && view.is_named => self.save(Stage::Submitted, Next::Mark),
            Own::Void(_) => Step::Finished(Outcome::NotSent(Why::Discarded)),
            Own::Pending(..) | Own::None if may_be_sent => self.unknown(),
            // We know that nothing was transmitted: a person settled it so.
            Own::Sent(_) => Step::Finished(Outcome::NotSent(Why::Discarded)),
            Own::Bare(_) => self.not_kept(),
            Own::None if !is_new => Step::Finished(Outcome::NotSent(Why::Discarded)),
            Own::None => match objection(&self.item, &view, None, false) {
                Some(why) => Step::Finished(Outcome::NotSent(why)),
                None => self.guard(&view),
            },
            Own::Pending(copy, _) => match objection(&self.item, &view, Some(copy.uid), false) {
                Some(why) => self.withdraw(Ending::NotSent(why)),
                None => self.claim_copy(Then::MailFrom),
            },
        }
    }

    /// Whether it is, or was, announced.
    fn announces(&self) -> bool {
        self.item.announce && !self.progress.unannounced
    }

    /// Its copy looks as if it were sent, for everybody: it is taken back before anything else.
    fn not_kept(&mut self) -> AnswerStep {
        self.withdraw(if self.item.unannounced { Ending::Unannounced } else { Ending::NotSent(Why::NotAnnounced) })
    }

    fn unknown(&mut self) -> AnswerStep {
        if self.progress.stage == Stage::Unknown {
            return Step::Finished(Outcome::Unknown);
        }
        self.save(Stage::Unknown, Next::Finish(Outcome::Unknown))
    }

    /// The claim is ours before anything is announced.
    fn guard(&mut self, view: &View) -> AnswerStep {
        if view.inbox.is_empty() && !fits_done(&self.expected()) {
            return self.stop(Ending::NotSent(Why::NotAsExpected { holder: None, status: Status::Done }));
        }
        if view.inbox.is_empty() {
            return self.ask(State::Connecting, Ask::Connect);
        }
        if !self.item.claims {
            return match step::broken(&self.expected(), &view.inbox, &self.item.me) {
                Some(stopped) => self.claimed(Err(stopped)),
                None => self.ask(State::Connecting, Ask::Connect),
            };
        }
        self.claim()
    }

    /// What was announced was as expected once, and is the writer's own doing by now.
    fn expected(&self) -> Expectation {
        if self.progress.stage == Stage::Unsent { self.item.expect.clone() } else { Expectation::default() }
    }

    fn claim(&mut self) -> AnswerStep {
        let (claim, ask) = Claim::hold(self.item.me.clone(), self.expected());
        self.ask(State::Claiming(Box::new(claim)), Ask::Inbox(ask))
    }

    fn claimed(&mut self, outcome: Result<(), Stopped>) -> AnswerStep {
        let ending = match outcome {
            Ok(()) | Err(Stopped::NotInInbox) => return self.ask(State::Connecting, Ask::Connect),
            Err(Stopped::Held(holder)) => Ending::NotSent(Why::Held(holder)),
            Err(Stopped::Contested(handles)) => Ending::NotSent(Why::Contested(handles)),
            Err(Stopped::NoLongerSo { assignee, status }) => {
                Ending::NotSent(Why::NotAsExpected { holder: assignee.holder().cloned(), status })
            }
            Err(Stopped::TimedOut) => Ending::Later("nobody could claim the conversation for ten seconds".into()),
            Err(_) => Ending::NotSent(Why::NotClaimed),
        };
        self.stop(ending)
    }

    /// An own copy that others may settle by now is claimed before it goes on.
    fn claim_copy(&mut self, then: Then) -> AnswerStep {
        let (claim, ask) = Claim::start(self.item.me.clone(), Expectation::default());
        self.ask(State::ClaimingCopy(Box::new(claim), then), Ask::Copies(ask))
    }

    fn copy_claimed(&mut self, outcome: Result<(), Stopped>, then: Then) -> AnswerStep {
        match (outcome, then) {
            (Ok(()), then) => {
                self.is_copy_claimed = true;
                match then {
                    Then::MailFrom if self.item.claims => self.claim(),
                    Then::MailFrom => self.ask(State::Connecting, Ask::Connect),
                    Then::Data => self.check(then),
                }
            }
            // Somebody settles it: the next run finds what they said.
            (Err(Stopped::Held(holder)), _) => later(format!("{holder} is settling its announced copy")),
            // Settled, or gone: the next look tells.
            (Err(Stopped::NotInInbox), _) => later("its announced copy is being settled".into()),
            (Err(_), _) => later("its announced copy could not be claimed".into()),
        }
    }

    fn connected(&mut self, reply: Reply) -> AnswerStep {
        match reply {
            Reply::Done if !self.announces() => self.check(Then::MailFrom),
            Reply::Done if self.is_copy_claimed => self.check(Then::MailFrom),
            Reply::Done => self.save(Stage::Announcing, Next::Append),
            reply => {
                let ending = refused(reply, None);
                self.stop(ending)
            }
        }
    }

    fn check(&mut self, then: Then) -> AnswerStep {
        self.ask(State::Checking(then), Ask::Look)
    }

    fn checked(&mut self, view: View, then: Then, now_ms: u64) -> AnswerStep {
        let announced = match check::own(&view, self.progress.spent) {
            Own::Pending(copy, others) => {
                if let Some(other) = check::settler(copy, &self.item.me) {
                    return later(format!("{other} is settling its announced copy"));
                }
                if !others.is_empty() && self.prunes >= TRIES {
                    return later("two copies of it lie in Sent, and neither lets itself be declared void".into());
                }
                if let Some(&second) = others.first() {
                    self.prunes += 1;
                    let void = store(second, FlagChange::Add(vec![keywords::VOID.to_owned()]));
                    return self.ask(State::Pruning(then), Ask::Copies(void));
                }
                Some(copy.uid)
            }
            Own::Sent(_) => return Step::Finished(Outcome::NotSent(Why::Discarded)),
            Own::Bare(_) => return self.not_kept(),
            Own::None if !self.announces() => None,
            Own::None | Own::Void(_) => return Step::Finished(Outcome::NotSent(Why::Discarded)),
        };
        match objection(&self.item, &view, announced, true) {
            // Who just tries to claim beside us takes that off again.
            Some(Why::Contested(_)) => return self.withdraw(Ending::Later("the conversation is contested".into())),
            Some(why) => return self.withdraw(Ending::NotSent(why)),
            None => {}
        }
        let lies_long = self.announced_ms.is_some_and(|at| now_ms.saturating_sub(at) > CLAIM_COPY_MS);
        if then == Then::Data && lies_long && !self.is_copy_claimed {
            return self.claim_copy(then);
        }
        self.checked_ms = now_ms;
        match then {
            Then::MailFrom => self.save(Stage::Submitting, Next::MailFrom),
            Then::Data => self.save(Stage::Transmitting, Next::Data),
        }
    }

    fn appended(&mut self, answer: Option<bool>, now_ms: u64) -> AnswerStep {
        self.announced_ms.get_or_insert(now_ms);
        match answer {
            Some(true) => self.save(Stage::Announced, Next::Check),
            Some(false) if self.item.unannounced => {
                self.progress.unannounced = true;
                self.save(Stage::Unsent, Next::Check)
            }
            Some(false) => self.save(Stage::Unsent, Next::Finish(Outcome::NotSent(Why::NotAnnounced))),
            None => self.ask(State::Seeking, Ask::Look),
        }
    }

    fn sought(&mut self, view: &View) -> AnswerStep {
        match check::own(view, self.progress.spent) {
            Own::None if self.tries >= TRIES => later("Sent does not answer".into()),
            Own::None => {
                self.tries += 1;
                self.ask(State::Appending, Ask::Append)
            }
            _ => self.save(Stage::Announced, Next::Check),
        }
    }

    fn saved(&mut self, next: Next, now_ms: u64) -> AnswerStep {
        let is_stale = now_ms.saturating_sub(self.checked_ms) > CHECKED_MS;
        match next {
            Next::Resume => self.ask(State::Resuming, Ask::Look),
            Next::Append => self.ask(State::Appending, Ask::Append),
            Next::Check => self.check(Then::MailFrom),
            Next::MailFrom if is_stale => self.check(Then::MailFrom),
            Next::MailFrom => self.ask(State::MailFrom, Ask::MailFrom),
            Next::Data if is_stale => self.check(Then::Data),
            Next::Data => self.ask(State::Transmitting, Ask::Data),
            Next::Withdraw(ending) => self.ask(State::Withdrawing(ending), Ask::Look),
            Next::Mark => self.ask(State::Marking, Ask::Look),
            Next::Finish(outcome) => Step::Finished(outcome),
        }
    }

    /// MAIL FROM was taken, or the recipient before `index`.
    fn recipient(&mut self, index: usize) -> AnswerStep {
        if index < self.item.recipients {
            return self.ask(State::Recipient(index), Ask::Recipient(index));
        }
        self.check(Then::Data)
    }

    fn transmitted(&mut self, reply: Reply) -> AnswerStep {
        match reply {
            Reply::Done => {
                self.tries = 0;
                self.save(Stage::Submitted, Next::Mark)
            }
            Reply::Silent => self.unknown(),
            reply => self.withdraw(refused(reply, None)),
        }
    }

    /// Not sent: before anything was announced that is the end, afterwards the copy becomes void first.
    fn stop(&mut self, ending: Ending) -> AnswerStep {
        if self.progress.stage == Stage::Unsent {
            return finish(ending);
        }
        self.withdraw(ending)
    }

    fn withdraw(&mut self, ending: Ending) -> AnswerStep {
        self.tries = 0;
        self.save(Stage::Withdrawing(ending.clone()), Next::Withdraw(ending))
    }

    fn withdrawing(&mut self, view: &View, ending: Ending) -> AnswerStep {
        if let Own::Pending(copy, _) | Own::Bare(copy) = check::own(view, self.progress.spent)
            && self.tries < TRIES
        {
            self.tries += 1;
            let void = store(copy.uid, FlagChange::Add(vec![keywords::VOID.to_owned()]));
            return self.ask(State::Voiding(ending, copy.uid), Ask::Copies(void));
        }
        let own = view.sent.iter().filter(|c| c.is_own).map(|c| c.uid).max();
        let spent = own.unwrap_or(Uid(0)).max(self.progress.spent);
        match ending {
            Ending::Later(why) => {
                self.progress.spent = spent;
                self.save(Stage::Unsent, Next::Finish(Outcome::Later(why)))
            }
            Ending::NotSent(why) => Step::Finished(Outcome::NotSent(why)),
            Ending::Unannounced => {
                (self.progress.spent, self.progress.unannounced) = (spent, true);
                self.save(Stage::Unsent, Next::Resume)
            }
        }
    }

    /// `$Submitted` first, so that at no time the copy says less than is known; then off with what is no longer so. A yes
    /// means nothing: it is marked when a look shows it. Teammates would take a copy that stayed pending for an unknown fate,
    /// whatever else lies beside it: what the server filed by itself, or what an APPEND brought late.
    fn mark(&mut self, view: &View) -> AnswerStep {
        let own = match check::pending(view, self.progress.spent) {
            Some(copy) => Own::Pending(copy, Vec::new()),
            None => check::own(view, self.progress.spent),
        };
        let copy = match own {
            Own::Pending(copy, _) | Own::Sent(copy) | Own::Void(copy) => copy,
            Own::Bare(copy) if self.announces() => copy,
            // What the server filed by itself says enough.
            Own::Bare(_) => return self.ask(State::MarkingAnswered, Ask::MarkAnswered),
            Own::None if self.lacks_a_copy(view) => {
                self.tries += 1;
                return self.ask(State::Filing, Ask::File);
            }
            Own::None => return self.ask(State::MarkingAnswered, Ask::MarkAnswered),
        };
        // On what is sent a claim says who sent it: that of whoever was about to settle it comes off.
        let (mine, signs) = (keywords::claim(&self.item.me), self.announces());
        let is_past = |k: &str| {
            let is_over = [keywords::SUBMIT_PENDING, keywords::VOID].iter().any(|p| p.eq_ignore_ascii_case(k));
            is_over || keywords::claimant(k).is_some_and(|by| !signs || by != self.item.me)
        };
        let off = step::spelled(&copy.flags, is_past);
        if self.tries >= TRIES {
            return match copy.fate() {
                Fate::Sent => self.ask(State::MarkingAnswered, Ask::MarkAnswered),
                Fate::Pending | Fate::Void => later("Sent says yes and does not keep that the answer was sent".into()),
            };
        }
        let mut on = Vec::new();
        if !copy.flags.has(keywords::SUBMITTED) {
            on.push(keywords::SUBMITTED.to_owned());
        }
        if signs && !self.is_signed && !copy.flags.has(&mine) {
            on.push(mine);
        }
        self.is_signed = true;
        if on.is_empty() {
            return self.take_off(copy.uid, off);
        }
        self.add(copy.uid, on, off)
    }

    fn add(&mut self, copy: Uid, on: Vec<String>, off: Vec<String>) -> AnswerStep {
        let is_with_name = on.len() > 1;
        let add = store(copy, FlagChange::Add(on));
        self.ask(State::AddingSubmitted { copy, is_with_name, off }, Ask::Copies(add))
    }

    /// It was sent, and nothing of it lies in Sent for the team to see: it was not announced, or its copy is gone.
    fn lacks_a_copy(&self, view: &View) -> bool {
        let is_there = view.sent.iter().any(|c| c.is_own && c.fate() != Fate::Void);
        self.item.files && self.tries < TRIES && !is_there
    }

    fn take_off(&mut self, copy: Uid, off: Vec<String>) -> AnswerStep {
        if off.is_empty() {
            return self.ask(State::MarkingAnswered, Ask::MarkAnswered);
        }
        self.tries += 1;
        self.ask(State::RemovingPending, Ask::Copies(store(copy, FlagChange::Remove(off))))
    }

    fn follow(&mut self) -> AnswerStep {
        let Some(goal) = self.item.then else {
            return Step::Finished(Outcome::Sent);
        };
        let seen = Some(self.item.seen.inbox);
        let (status, ask) = SetStatus::start(self.item.me.clone(), goal, seen, Expectation::default());
        self.ask(State::Following(Box::new(status)), Ask::Inbox(ask))
    }

    fn save(&mut self, stage: Stage, next: Next) -> AnswerStep {
        self.progress.stage = stage;
        let ask = Ask::Save(self.progress.clone());
        self.ask(State::Saving(next), ask)
    }

    fn ask(&mut self, state: State, ask: Ask) -> AnswerStep {
        self.state = state;
        Step::Ask(ask)
    }
}

fn store(uid: Uid, change: FlagChange) -> step::Ask {
    step::Ask::Store { uid, unchanged_since: None, change }
}

fn later(why: String) -> AnswerStep {
    Step::Finished(Outcome::Later(why))
}

fn finish(ending: Ending) -> AnswerStep {
    Step::Finished(match ending {
        Ending::Later(why) => Outcome::Later(why),
        Ending::NotSent(why) => Outcome::NotSent(why),
        Ending::Unannounced => Outcome::NotSent(Why::NotAnnounced),
    })
}

fn refused(reply: Reply, recipient: Option<usize>) -> Ending {
    match reply {
        Reply::Never(reply) => Ending::NotSent(Why::Refused { recipient, reply }),
        Reply::Later(reply) => Ending::Later(reply),
        Reply::Done | Reply::Silent => Ending::Later("the submission server fell silent".into()),
    }
}

impl Protocol for Answer {
    type Ask = Ask;
    type Told = Told;
    type Outcome = Outcome;

    fn next(&mut self, told: Told, now_ms: u64) -> AnswerStep {
        match (std::mem::replace(&mut self.state, State::Resuming), told) {
            (State::Resuming, Told::Looked(view)) => self.resume(view),
            (State::ClaimingCopy(mut claim, then), Told::Copies(told)) => match claim.next(told, now_ms) {
                Step::Ask(ask) => self.ask(State::ClaimingCopy(claim, then), Ask::Copies(ask)),
                Step::Finished(outcome) => self.copy_claimed(outcome.map(drop), then),
            },
            (State::Claiming(mut claim), Told::Inbox(told)) => match claim.next(told, now_ms) {
                Step::Ask(ask) => self.ask(State::Claiming(claim), Ask::Inbox(ask)),
                Step::Finished(outcome) => self.claimed(outcome.map(drop)),
            },
            (State::Connecting, Told::Replied(reply)) => self.connected(reply),
            (State::Saving(next), Told::Saved) => self.saved(next, now_ms),
            (State::Appending, Told::Appended(answer)) => self.appended(answer, now_ms),
            (State::Seeking, Told::Looked(view)) => self.sought(&view),
            (State::Checking(then), Told::Looked(view)) => self.checked(view, then, now_ms),
            (State::Pruning(then), Told::Copies(_)) => self.check(then),
            (State::MailFrom, Told::Replied(Reply::Done)) => self.recipient(0),
            (State::Recipient(index), Told::Replied(Reply::Done)) => self.recipient(index + 1),
            (State::MailFrom, Told::Replied(reply)) => self.ask(State::Resetting(refused(reply, None)), Ask::Reset),
            (State::Recipient(index), Told::Replied(reply)) => {
                self.ask(State::Resetting(refused(reply, Some(index))), Ask::Reset)
            }
            (State::Resetting(ending), Told::Replied(_)) => self.stop(ending),
            (State::Transmitting, Told::Replied(reply)) => self.transmitted(reply),
            (State::Withdrawing(ending), Told::Looked(view)) => self.withdrawing(&view, ending),
            (State::Voiding(ending, copy), Told::Copies(_)) if self.item.may_delete => {
                self.ask(State::Deleting(ending), Ask::Delete(copy))
            }
            (State::Voiding(ending, _), Told::Copies(_)) | (State::Deleting(ending), Told::Deleted) => {
                self.ask(State::Withdrawing(ending), Ask::Look)
            }
            (State::Marking, Told::Looked(view)) => self.mark(&view),
            // A folder has no name left for whose it is: that it was sent is said by itself.
            (
                State::AddingSubmitted { copy, is_with_name: true, off },
                Told::Copies(step::Told::Stored { accepted: false, .. }),
            ) => self.add(copy, vec![keywords::SUBMITTED.to_owned()], off),
            // With nothing to take off a look is due all the same.
            (State::AddingSubmitted { off, .. }, Told::Copies(_)) if off.is_empty() => {
                self.tries += 1;
                self.ask(State::Marking, Ask::Look)
            }
            (State::AddingSubmitted { copy, off, .. }, Told::Copies(_)) => self.take_off(copy, off),
            (State::RemovingPending, Told::Copies(_)) | (State::Filing, Told::Appended(None)) => {
                self.ask(State::Marking, Ask::Look)
            }
            (State::Filing, Told::Appended(Some(_))) => self.ask(State::MarkingAnswered, Ask::MarkAnswered),
            (State::MarkingAnswered, Told::MarkedAnswered) => self.follow(),
            (State::Following(mut status), Told::Inbox(told)) => match status.next(told, now_ms) {
                Step::Ask(ask) => self.ask(State::Following(status), Ask::Inbox(ask)),
                // Somebody else's by now, or gone: it was answered all the same.
                Step::Finished(_) => Step::Finished(Outcome::Sent),
            },
            (_, _) => later("an answer came that fits no question".into()),
        }
    }
}
