//! People who claim, release, take over and finish one conversation at the same moment: the real machines of `bagsy::wire`
//! on a model of a server, every interleaving.
//!
//! A step carries out what one machine asked and tells it the answer; between two steps anything else may happen, so an
//! answer is as stale as it can be by the time its reader acts. Of time only this is assumed: the pause before a confirming
//! look is longer than another client needs from its STORE to the end of its own read-back.

use std::fmt;

use bagsy::model::{Assignee, Expectation};
use bagsy::wire::change;
use bagsy::wire::claim::Claim;
use bagsy::wire::keywords;
use bagsy::wire::mirror::Mirror;
use bagsy::wire::release::Release;
use bagsy::wire::state;
use bagsy::wire::status::{Goal, SetStatus};
use bagsy::wire::step::{Ask, CONFIRM_MS, Changed, FlagChange, LIMIT_MS, Protocol, Step, Stopped, Told};

use super::folder::{Folder, PEOPLE, claims_of, handle, person};
use super::search::Model;

/// What a client of the model is there to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    Claim,
    /// From whom it was seen held.
    TakeOver(usize),
    /// From whom, to whom.
    Assign(usize, usize),
    /// Takes an assignment back from whom it went to.
    Unassign(usize),
    Release,
    Done,
    Waiting,
    /// Puts mirrors right.
    Mirror,
    /// Holds it; begins to claim anew when the lock has left INBOX.
    Reassert,
}

/// A machine that is wrong on purpose, to show that the search finds what is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flaw {
    None,
    /// Believes the server's OK.
    BelievesOk,
    /// Reads back from what it saw before the tagged answer.
    PipelinesTheReadBack,
    /// Names what it did not store after one look.
    LooksOnce,
    /// Takes off a claim that it did not add.
    TakesOffAnyones,
}

/// One setting that is explored.
#[derive(Debug, Clone)]
pub struct Claims {
    /// Each client's person and role. One person may have several devices.
    pub clients: Vec<(usize, Role)>,
    pub folder: Folder,
    /// Dovecot: a stale guard lets a new keyword through.
    pub has_trap: bool,
    /// A STORE that changed nothing may be answered with a FETCH all the same (of a change that another made).
    pub echoes: bool,
    /// How often a MODSEQ moves for a private `\Seen`.
    pub touches: u8,
    /// How often the lock is expunged.
    pub expunges: u8,
    /// How much mail comes in.
    pub arrivals: u8,
    /// How often a client dies.
    pub crashes: u8,
    /// How often a dead one is started again.
    pub restarts: u8,
    /// How often a keyword is dropped silently.
    pub drops: u8,
    /// How often a status is refused, as where no name is left for its keyword.
    pub refusals: u8,
    /// STOREs of one client before its ten seconds are over.
    pub tries: u8,
    /// Whether to ask of every state if a client that is left alone there comes to a good end.
    pub asks_alone: bool,
    pub flaw: Flaw,
}

impl Claims {
    /// Clients on one fresh mail, on a server whose worst habit is the trap.
    pub fn of(clients: &[(usize, Role)]) -> Self {
        Self {
            clients: clients.to_vec(),
            folder: Folder::with(1),
            has_trap: true,
            echoes: false,
            touches: 0,
            expunges: 0,
            arrivals: 0,
            crashes: 0,
            restarts: 0,
            drops: 0,
            refusals: 0,
            tries: 2,
            asks_alone: false,
            flaw: Flaw::None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Machine {
    Claim(Claim),
    Release(Release),
    Status(SetStatus),
    Mirror(Mirror),
}

impl Machine {
    fn next(&mut self, told: Told, now_ms: u64) -> Step<Ask, Changed> {
        match self {
            Self::Claim(m) => m.next(told, now_ms),
            Self::Release(m) => m.next(told, now_ms),
            Self::Status(m) => m.next(told, now_ms),
            Self::Mirror(m) => match m.next(told, now_ms) {
                Step::Ask(ask) => Step::Ask(ask),
                Step::Finished(()) => Step::Finished(Ok(Vec::new())),
            },
        }
    }
}

/// How a client ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum End {
    Did,
    Lost(usize),
    TimedOut,
    Stopped,
    Died,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Client {
    running: Option<(Machine, Ask)>,
    end: Option<End>,
    stores: u8,
    /// It wrote something and has not come to rest since.
    is_busy: bool,
    /// Who was busy when its confirming pause began, and still is.
    awaits: u8,
    /// It was told that its person holds the conversation, and nothing that it has to expect changed that.
    believes: bool,
    /// UIDs of its last look.
    saw: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    folder: Folder,
    /// Copies in Archive, by UID in INBOX.
    archive: [u8; 4],
    clients: Vec<Client>,
    touches: u8,
    expunges: u8,
    arrivals: u8,
    crashes: u8,
    restarts: u8,
    drops: u8,
    refusals: u8,
    is_disturbed: bool,
}

/// What happened in a step.
pub enum Did {
    Carried { client: usize, name: &'static str, ask: Ask, told: Told, end: Option<Changed> },
    Died(usize, &'static str),
    Restarted(usize, &'static str),
    Touched,
    Expunged,
    Arrived,
}

impl fmt::Display for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Carried { client, name, ask, told, end } => {
                let told = match told {
                    Told::Seen(sights) => {
                        let all = sights.iter().map(|s| format!("{}({})", s.uid, s.flags.atoms().join(" ")));
                        format!("sees {}", all.collect::<Vec<_>>().join(" "))
                    }
                    other => format!("{ask:?} → {other:?}"),
                };
                write!(f, "{name} (client {client}): {told}")?;
                match end {
                    Some(Ok(_)) => f.write_str("; succeeds"),
                    Some(Err(stopped)) => write!(f, "; stops: {stopped:?}"),
                    None => Ok(()),
                }
            }
            Self::Died(client, name) => write!(f, "{name} (client {client}) dies"),
            Self::Restarted(client, name) => write!(f, "{name} (client {client}) starts again"),
            Self::Touched => f.write_str("somebody reads the mail: its MODSEQ moves"),
            Self::Expunged => f.write_str("the lock is expunged"),
            Self::Arrived => f.write_str("a mail comes in"),
        }
    }
}

impl Claims {
    fn start(&self, client: usize) -> Client {
        let (who, role) = self.clients[client];
        let (me, expect) = (handle(who), Expectation::default());
        let saw = |p| Some(Assignee::Held(handle(p)));
        let status = |goal| {
            let (machine, ask) = SetStatus::start(me.clone(), goal, None, Expectation::default());
            (Machine::Status(machine), ask)
        };
        let claim = |(machine, ask): (Claim, Ask)| (Machine::Claim(machine), ask);
        let running = match role {
            Role::Claim | Role::Reassert => claim(Claim::start(me, expect)),
            Role::TakeOver(from) => claim(change::take_over(me, saw(from), expect)),
            Role::Assign(from, to) => claim(change::assign(handle(to), saw(from), expect)),
            Role::Release => {
                let (machine, ask) = Release::start(me, expect);
                (Machine::Release(machine), ask)
            }
            Role::Unassign(from) => {
                let (machine, ask) = Release::of_another(handle(from), expect);
                (Machine::Release(machine), ask)
            }
            Role::Done => status(Goal::Done { archive: true }),
            Role::Waiting => status(Goal::Waiting),
            Role::Mirror => {
                let (machine, ask) = Mirror::start(me);
                (Machine::Mirror(machine), ask)
            }
        };
        // Who holds it has nothing to do yet.
        let believes = role == Role::Reassert;
        let running = (!believes).then_some(running);
        Client { running, end: None, stores: 0, is_busy: false, awaits: 0, believes, saw: Vec::new() }
    }

    /// What a holder does whose lock has left INBOX.
    fn reassert(&self, client: usize) -> Client {
        let (machine, ask) = Claim::start(handle(self.clients[client].0), Expectation::default());
        Client { running: Some((Machine::Claim(machine), ask)), believes: false, ..self.start(client) }
    }

    /// All that a server may do with what a client asks.
    fn answers(&self, state: &State, client: usize, ask: &Ask) -> Vec<(Folder, Told, u8)> {
        let folder = &state.folder;
        match ask {
            Ask::Look => vec![(folder.clone(), Told::Seen(folder.sights()), 0)],
            Ask::Wait { .. } => vec![(folder.clone(), Told::Waited, 0)],
            Ask::Move { uids } => {
                let mut after = folder.clone();
                uids.iter().for_each(|uid| after.expunge(u8::try_from(uid.0).expect("small")));
                vec![(after, Told::Moved { accepted: true }, 0)]
            }
            Ask::Store { uid, unchanged_since, change } => {
                let mut all = Vec::new();
                let stored = |accepted, modified, fetched| Told::Stored { accepted, modified, fetched };
                let claims = matches!(change, FlagChange::Add(_)) && !claims_of(change).is_empty();
                let holds = folder.holds(*uid, *unchanged_since);
                if holds || self.has_trap && claims {
                    let mut after = folder.clone();
                    let changed = after.apply(*uid, change);
                    // A stale guard that was let through: the session hears of the other's change with the same command.
                    let fetched = changed || self.echoes && !holds;
                    all.push((after, stored(true, false, fetched), 0));
                }
                if !holds {
                    all.push((folder.clone(), stored(true, true, true), 0));
                    all.push((folder.clone(), stored(false, true, false), 0));
                }
                if state.refusals > 0 && sets_status(self.clients[client].1, change) {
                    all.push((folder.clone(), stored(false, false, false), 0));
                }
                if state.drops > 0 && claims && self.clients[client].1 == Role::Claim {
                    all.push((folder.clone(), stored(true, false, true), 1));
                    all.push((folder.clone(), stored(true, false, false), 1));
                }
                all
            }
        }
    }

    /// The machine is told, with the flaw that it is to have.
    fn tell(&self, client: &mut Client, ask: &Ask, told: &Told, is_late: bool) -> Option<Changed> {
        let (machine, next_ask) = client.running.as_mut().expect("it runs");
        let now_ms = if is_late { LIMIT_MS } else { 0 };
        let took_claim = matches!(ask, Ask::Store { change: FlagChange::Add(_), .. })
            && matches!(told, Told::Stored { accepted: true, modified: false, .. });
        let mut step = match (self.flaw, told) {
            (Flaw::BelievesOk, _) if took_claim => return Some(Ok(Vec::new())),
            (Flaw::TakesOffAnyones, Told::Stored { accepted, modified, .. }) => {
                machine.next(Told::Stored { accepted: *accepted, modified: *modified, fetched: true }, now_ms)
            }
            (_, told) => machine.next(told.clone(), now_ms),
        };
        if self.flaw == Flaw::LooksOnce
            && let (Step::Ask(Ask::Wait { from_ms: CONFIRM_MS.., .. }), Told::Seen(_)) = (&step, told)
        {
            machine.next(Told::Waited, now_ms);
            step = machine.next(told.clone(), now_ms);
        }
        match step {
            Step::Ask(ask) => {
                *next_ask = ask;
                None
            }
            Step::Finished(outcome) => Some(outcome),
        }
    }

    fn carry_out(&self, state: &State, client: usize) -> Vec<(Did, State)> {
        let Some((_, ask)) = &state.clients[client].running else { return Vec::new() };
        let is_confirming = matches!(ask, Ask::Wait { from_ms: CONFIRM_MS.., .. });
        if is_confirming && state.clients[client].awaits != 0 {
            return Vec::new();
        }
        let (who, role) = self.clients[client];
        let mut all = Vec::new();
        for (folder, told, dropped) in self.answers(state, client, ask) {
            let mut after = State { folder, drops: state.drops - dropped, ..state.clone() };
            after.is_disturbed |= dropped > 0;
            after.refusals -= u8::from(matches!(told, Told::Stored { accepted: false, modified: false, .. }));
            let changed = after.folder != state.folder;
            let is_late = state.clients[client].stores >= self.tries;
            let me = &mut after.clients[client];
            match &told {
                Told::Seen(sights) => me.saw = sights.iter().map(|s| u8::try_from(s.uid.0).expect("small")).collect(),
                Told::Stored { .. } => {
                    me.stores = (me.stores + 1).min(self.tries);
                    me.is_busy |= changed;
                }
                _ => {}
            }
            let mut outcome = self.tell(me, ask, &told, is_late);
            if self.flaw == Flaw::PipelinesTheReadBack
                && outcome.is_none()
                && matches!(told, Told::Stored { modified: false, .. })
                && let Some((machine, next)) = &mut me.running
                && *next == Ask::Look
            {
                // The FETCH was answered from the session's view: its own change and nothing else.
                let mut view = state.folder.sights();
                for sight in &mut view {
                    sight.flags.keywords.retain(|k| bagsy::wire::keywords::claimant(k).is_none());
                    sight.flags.keywords.push(bagsy::wire::keywords::claim(&handle(who)));
                }
                match machine.next(Told::Seen(view), 0) {
                    Step::Ask(ask) => *next = ask,
                    Step::Finished(done) => outcome = Some(done),
                }
            }
            let is_waiting = matches!(&me.running, Some((_, Ask::Wait { .. })));
            let is_at_rest = outcome.is_some() || is_waiting;
            let end = outcome.clone();
            if let Some(outcome) = outcome {
                me.running = None;
                me.believes = outcome.is_ok() && matches!(role, Role::Claim | Role::TakeOver(_) | Role::Reassert);
                me.end = Some(match outcome {
                    Ok(_) => End::Did,
                    Err(Stopped::Held(holder)) => End::Lost(person(&holder)),
                    Err(Stopped::TimedOut | Stopped::Contested(_)) => End::TimedOut,
                    Err(_) => End::Stopped,
                });
                // Over and done with: what it knew makes no two states of one.
                (me.stores, me.saw) = (0, Vec::new());
            }
            if is_at_rest {
                self.rest(&mut after, client);
            }
            self.mind(state, &mut after, client, ask, changed);
            let next_confirms =
                matches!(&after.clients[client].running, Some((_, Ask::Wait { from_ms: CONFIRM_MS.., .. })));
            if next_confirms {
                let busy = after.clients.iter().enumerate().filter(|(i, c)| *i != client && c.is_busy);
                after.clients[client].awaits = busy.fold(0, |mask, (i, _)| mask | 1 << i);
            }
            let name = PEOPLE[who];
            all.push((Did::Carried { client, name, ask: ask.clone(), told, end }, after));
        }
        all
    }

    fn rest(&self, state: &mut State, client: usize) {
        state.clients[client].is_busy = false;
        state.clients.iter_mut().for_each(|c| c.awaits &= !(1 << client));
    }

    /// What a change means for those who believe: who takes over, or releases for their own person, may end a belief; who
    /// withdraws may not.
    fn mind(&self, before: &State, after: &mut State, client: usize, ask: &Ask, changed: bool) {
        let (who, role) = self.clients[client];
        if !changed {
            return;
        }
        match ask {
            Ask::Store { change: FlagChange::Replace(_), .. } => {
                let holder = state::assignee(&after.folder.sights()).holder().map(person);
                for (other, (their_person, _)) in self.clients.iter().enumerate() {
                    if other != client && Some(*their_person) != holder {
                        after.clients[other].believes = false;
                    }
                }
            }
            Ask::Store { change: FlagChange::Remove(_), .. } if matches!(role, Role::Release | Role::Unassign(_)) => {
                let who = if let Role::Unassign(from) = role { from } else { who };
                for (other, (their_person, _)) in self.clients.iter().enumerate() {
                    after.clients[other].believes &= *their_person != who;
                }
            }
            Ask::Move { uids } => {
                for uid in uids {
                    let uid = u8::try_from(uid.0).expect("small");
                    // Two who move one message at once leave two copies, whoever was first.
                    after.archive[usize::from(uid)] += 1;
                }
                self.unlock(before, after);
            }
            _ => {}
        }
    }

    /// The lock left INBOX: its holder is to claim anew, or is told.
    fn unlock(&self, before: &State, after: &mut State) {
        if before.folder.mails.first().map(|m| m.uid) != after.folder.mails.first().map(|m| m.uid) {
            for (client, (_, role)) in self.clients.iter().enumerate() {
                let holds = after.clients[client].believes && after.clients[client].running.is_none();
                after.clients[client].believes = false;
                if holds && *role == Role::Reassert && !after.folder.mails.is_empty() {
                    after.clients[client] = self.reassert(client);
                }
            }
            after.is_disturbed = true;
        }
    }

    fn weather(&self, state: &State) -> Vec<(Did, State)> {
        let mut all = Vec::new();
        let lock = state.folder.mails.first().map(|m| m.uid);
        if let Some(uid) = lock.filter(|_| state.touches > 0) {
            let mut after = State { touches: state.touches - 1, ..state.clone() };
            after.folder.touch(uid);
            all.push((Did::Touched, after));
        }
        if let Some(uid) = lock.filter(|_| state.expunges > 0) {
            let mut after = State { expunges: state.expunges - 1, ..state.clone() };
            after.folder.expunge(uid);
            self.unlock(state, &mut after);
            all.push((Did::Expunged, after));
        }
        if state.arrivals > 0 {
            let mut after = State { arrivals: state.arrivals - 1, ..state.clone() };
            after.folder.arrive();
            all.push((Did::Arrived, after));
        }
        all
    }

    fn deaths(&self, state: &State, client: usize) -> Vec<(Did, State)> {
        let mut all = Vec::new();
        let name = PEOPLE[self.clients[client].0];
        if state.crashes > 0 && state.clients[client].running.is_some() {
            let mut after = State { crashes: state.crashes - 1, ..state.clone() };
            self.rest(&mut after, client);
            let c = &mut after.clients[client];
            *c = Client { running: None, end: Some(End::Died), stores: 0, saw: Vec::new(), awaits: 0, ..c.clone() };
            all.push((Did::Died(client, name), after));
        }
        if state.restarts > 0 && state.clients[client].end == Some(End::Died) {
            let mut after = State { restarts: state.restarts - 1, ..state.clone() };
            after.clients[client] = self.start(client);
            all.push((Did::Restarted(client, name), after));
        }
        all
    }

    /// While all others pause, a client wins or finds who did: races end as soon as the random waits draw apart.
    fn stuck(&self, state: &State) -> Option<String> {
        if state.clients.iter().any(|c| c.is_busy) {
            return None;
        }
        for (client, (who, _)) in state.clients.iter().zip(&self.clients) {
            let Some((machine, ask)) = &client.running else { continue };
            let mut folder = state.folder.clone();
            let outcome = finish(&mut folder, machine.clone(), ask.clone());
            let holder = state::assignee(&folder.sights());
            let is_good = match &outcome {
                Ok(_) => holder.is_held_by(&handle(*who)),
                Err(Stopped::Held(named)) => holder.is_held_by(named),
                Err(_) => false,
            };
            if !is_good {
                return Some(format!("{}, left alone, ends with {outcome:?}; held by {holder}", PEOPLE[*who]));
            }
        }
        None
    }

    /// Who was told that it was not done finds nothing of it: no status, and no claim that came with it.
    fn changed_nonetheless(&self, state: &State) -> Option<String> {
        let of = |wanted: Role| {
            let all = self.clients.iter().zip(&state.clients).filter(|((_, role), _)| *role == wanted);
            all.map(|((who, _), client)| (*who, client.end)).collect::<Vec<_>>()
        };
        for (role, keyword) in [(Role::Waiting, keywords::WAITING), (Role::Done, keywords::DONE)] {
            let setters = of(role);
            // Who gives up for want of time puts back what it found, also what another wrote and could not take back any
            // more: there the proof ends.
            let others = of(if role == Role::Done { Role::Waiting } else { Role::Done });
            if others.iter().any(|(_, end)| *end == Some(End::TimedOut)) {
                continue;
            }
            let is_alone = setters.len() + others.len() == 1;
            let was_refused = |end: Option<End>| {
                matches!(end, Some(End::Lost(_) | End::Stopped)) || is_alone && end == Some(End::TimedOut)
            };
            if setters.is_empty() || !setters.iter().all(|(_, end)| was_refused(*end)) {
                continue;
            }
            if state.folder.mails.iter().any(|m| m.has(keyword)) {
                return Some(format!("all who set {keyword} were told that nothing was changed"));
            }
            for (who, _) in setters.into_iter().filter(|_| role == Role::Done) {
                let may_hold = self.folder.mails.iter().any(|m| m.is_claimed_by(who))
                    || self.clients.iter().any(|(other, role)| *other == who && *role != Role::Done);
                if !may_hold && state.folder.mails.iter().any(|m| m.is_claimed_by(who)) {
                    return Some(format!("{} finished nothing and holds it", PEOPLE[who]));
                }
            }
        }
        None
    }

    /// From whatever is left, somebody who was not there must be able to go on.
    fn unmended(&self, folder: &Folder) -> Option<String> {
        let mut folder = folder.clone();
        if folder.mails.is_empty() {
            return None;
        }
        let dave = handle(3);
        let claimed = run(&mut folder, Claim::start(dave.clone(), Expectation::default()));
        if claimed.is_err() {
            let taken = run(&mut folder, change::take_over(dave.clone(), None, Expectation::default()));
            if let Err(stopped) = taken {
                return Some(format!("nobody can mend it: {claimed:?}, then {stopped:?}"));
            }
        }
        let held = state::assignee(&folder.sights());
        (!held.is_held_by(&dave)).then(|| format!("it was mended and is held by {held}"))
    }
}

/// Whether this is the status that the client is there to set.
fn sets_status(role: Role, change: &FlagChange) -> bool {
    let keyword = match role {
        Role::Waiting => keywords::WAITING,
        Role::Done => keywords::DONE,
        _ => return false,
    };
    matches!(change, FlagChange::Add(on) | FlagChange::Replace(on) if on.iter().any(|k| k == keyword))
}

/// Drives a machine to its end while nobody else does anything.
fn run(folder: &mut Folder, (machine, ask): (Claim, Ask)) -> Changed {
    finish(folder, Machine::Claim(machine), ask)
}

fn finish(folder: &mut Folder, mut machine: Machine, mut ask: Ask) -> Changed {
    let mut now_ms = 0;
    loop {
        let told = match &ask {
            Ask::Look => Told::Seen(folder.sights()),
            Ask::Store { uid, unchanged_since, change } => folder.store(*uid, *unchanged_since, change),
            Ask::Move { .. } => Told::Moved { accepted: false },
            Ask::Wait { to_ms, .. } => {
                now_ms += to_ms;
                Told::Waited
            }
        };
        match machine.next(told, now_ms) {
            Step::Ask(next) => ask = next,
            Step::Finished(outcome) => return outcome,
        }
    }
}

impl Model for Claims {
    type State = State;
    type Did = Did;

    fn initial(&self) -> State {
        State {
            folder: self.folder.clone(),
            archive: [0; 4],
            clients: (0..self.clients.len()).map(|c| self.start(c)).collect(),
            touches: self.touches,
            expunges: self.expunges,
            arrivals: self.arrivals,
            crashes: self.crashes,
            restarts: self.restarts,
            drops: self.drops,
            refusals: self.refusals,
            is_disturbed: false,
        }
    }

    fn steps(&self, state: &State) -> Vec<(Did, State)> {
        let mut all = Vec::new();
        for client in 0..state.clients.len() {
            all.extend(self.carry_out(state, client));
            all.extend(self.deaths(state, client));
        }
        if state.clients.iter().any(|c| c.running.is_some()) {
            all.extend(self.weather(state));
        }
        all
    }

    fn wrong(&self, state: &State, is_final: bool) -> Option<String> {
        let mut believers: Vec<usize> =
            self.clients.iter().zip(&state.clients).filter(|(_, c)| c.believes).map(|((who, _), _)| *who).collect();
        believers.dedup();
        if believers.len() > 1 {
            return Some(format!(
                "two believe that they hold it: {} and {}",
                handle(believers[0]),
                handle(believers[1])
            ));
        }
        if let Some(who) =
            believers.first().filter(|who| !state.folder.mails.first().is_some_and(|lock| lock.is_claimed_by(**who)))
        {
            return Some(format!("{} believes to hold what it does not hold", handle(*who)));
        }
        if state.archive.iter().any(|copies| *copies > 1) {
            return Some("a mail lies twice in Archive".into());
        }
        if !is_final {
            return if self.asks_alone { self.stuck(state) } else { None };
        }
        if let Some(client) = state.clients.iter().find(|c| c.running.is_some()) {
            return Some(format!("nothing goes on, and somebody waits: {:?}", client.running));
        }
        let holder = state::assignee(&state.folder.sights());
        let is_contest = self.clients.iter().all(|(_, role)| *role == Role::Claim) && !state.is_disturbed;
        // Who died between STORE and read-back left a claim that makes it contested: people settle that.
        let has_died = state.crashes < self.crashes;
        for client in &state.clients {
            if let (true, Some(End::Lost(named))) = (is_contest, client.end)
                && !holder.is_held_by(&handle(named))
                && !(has_died && holder.claimants().contains(&handle(named)))
            {
                return Some(format!("a loser named {}, and it is held by {holder}", handle(named)));
            }
        }
        let is_decided = state.clients.iter().all(|c| matches!(c.end, Some(End::Did | End::Lost(_))));
        if is_contest && is_decided && believers.is_empty() {
            return Some("all came to an end, and nobody won".into());
        }
        // Who is cut off may leave what others mend; a lock that left INBOX leaves mirrors in its place.
        let is_whole = !has_died && !state.is_disturbed;
        if is_whole && let Some(bad) = left_over(&state.folder).or_else(|| self.changed_nonetheless(state)) {
            return Some(bad);
        }
        self.unmended(&state.folder)
    }
}

/// The lock was never away: the other messages say nothing that it does not say.
fn left_over(folder: &Folder) -> Option<String> {
    let sights = folder.sights();
    let (all, lock) = (state::assignee(&sights), state::assignee(sights.get(..1)?));
    (all != lock).then(|| format!("the lock is held by {lock}, and a mirror that was left over gives it to {all}"))
}
