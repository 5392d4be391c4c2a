//! Commands about mails: FETCH, STORE, SEARCH, COPY, MOVE, EXPUNGE, APPEND.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::super::criteria::{Candidate, Key, Search};
use super::super::cursor::{Set, write_set};
use super::super::fetch::{self, Fetched, Item};
use super::folders::may_set;
use super::{End, Session};
use crate::demo::post::{FolderName, Mail, State};
use crate::model::Flags;
use crate::wire::step::FlagChange;

/// Dovecot's bound; longer keywords are refused.
const MAX_KEYWORD: usize = 50;

impl Session {
    pub(super) fn fetch(&mut self, by_uid: bool, set: &Set, items: &[Item], changed_since: Option<u64>) -> End {
        let switches = self.switches();
        let names_modseq = changed_since.is_some() || items.contains(&Item::ModSeq);
        if names_modseq && switches.no_condstore {
            return End::bad("no CONDSTORE here");
        }
        self.condstore |= names_modseq;
        let reads = items.iter().any(|item| matches!(item, Item::Section { peek: false, .. }));
        let login = self.login().to_owned();
        let Self { post, view: Some(view), out, .. } = self else { return End::bad("no folder is selected") };
        let uids = view.meant(set, by_uid);
        let mut is_one_gone = false;
        post.change_if(|state| {
            let may_see = reads && !view.read_only && state.rights(&login, &view.name).contains('s');
            let Some(folder) = state.folder_mut(&view.name) else { return ((), false) };
            let mut changed = false;
            for uid in uids {
                let Some(number) = view.number_of(uid) else { continue };
                let newly_seen = may_see && set_seen(folder, uid, &login, switches.private_seen);
                changed |= newly_seen;
                let Some(message) = folder.get(uid) else {
                    is_one_gone = true;
                    continue;
                };
                if changed_since.is_some_and(|since| message.modseq <= since) {
                    continue;
                }
                let flags = message.flags_for(&login, switches.private_seen);
                let fetched = Fetched { number, uid, modseq: message.modseq, flags: &flags, mail: &message.mail };
                if newly_seen && !items.contains(&Item::Flags) {
                    fetch::write(out, &fetched, &[items, &[Item::Flags]].concat());
                } else {
                    fetch::write(out, &fetched, items);
                }
                if newly_seen || items.contains(&Item::Flags) {
                    view.note_told(uid, message.modseq);
                }
            }
            ((), changed)
        });
        if is_one_gone && !by_uid {
            return End::ok("[EXPUNGEISSUED] Some messages were already expunged");
        }
        End::ok("Fetch completed")
    }

    pub(super) fn store(
        &mut self,
        by_uid: bool,
        set: &Set,
        unchanged_since: Option<u64>,
        change: &FlagChange,
        silent: bool,
    ) -> End {
        let switches = self.switches();
        if unchanged_since.is_some() && switches.no_condstore {
            return End::bad("no CONDSTORE here");
        }
        if let Some(refusal) = refused_keyword(names_of(change)) {
            return refusal;
        }
        self.condstore |= unchanged_since.is_some();
        let (login, condstore) = (self.login().to_owned(), self.condstore);
        let Self { post, view: Some(view), out, .. } = self else { return End::bad("no folder is selected") };
        if view.read_only {
            // As Dovecot does: an OK that did nothing.
            return End::ok("Store completed");
        }
        let uids = view.meant(set, by_uid);
        let mut modified = BTreeSet::new();
        post.change_if(|state| {
            let rights = state.rights(&login, &view.name);
            let Some(folder) = state.folder_mut(&view.name) else { return ((), false) };
            let named = Flags::from_atoms(names_of(change).iter().map(String::as_str)).keywords;
            let is_new = |keyword: &String| !folder.keywords().iter().any(|known| known.eq_ignore_ascii_case(keyword));
            let is_racy = switches.lets_racers_through && named.iter().any(is_new);
            let last_change = folder.highest_modseq();
            // A keyword that the rights forbid is remembered by the folder all the same, as on Dovecot.
            folder.spelt(Flags::from_atoms(names_of(change).iter().map(String::as_str)));
            let may = |flag: &str| may_set(&rights, flag, switches.no_keywords);
            let mut any = false;
            for uid in uids {
                let Some(message) = folder.get(uid) else { continue };
                let Some(number) = view.number_of(uid) else { continue };
                let is_let_through = is_racy && message.modseq == last_change;
                if !is_let_through && unchanged_since.is_some_and(|since| message.modseq > since) {
                    modified.insert(if by_uid { uid } else { number });
                    continue;
                }
                let before = message.flags_for(&login, switches.private_seen);
                let mut changed = false;
                if switches.private_seen {
                    let seen = wants_seen(change, before.seen);
                    changed |= may("\\Seen") && folder.change_private_seen(uid, &login, seen);
                }
                let shared = permitted(change, &before, |flag| {
                    may(flag) && !(switches.private_seen && flag.eq_ignore_ascii_case("\\Seen"))
                });
                changed |= folder.change(uid, &shared);
                let Some(message) = folder.get(uid).filter(|_| changed) else { continue };
                any = true;
                view.note_told(uid, message.modseq);
                let mut items = Vec::new();
                items.extend((by_uid || condstore).then_some(Item::Uid));
                items.extend(condstore.then_some(Item::ModSeq));
                items.extend((!silent).then_some(Item::Flags));
                let flags = message.flags_for(&login, switches.private_seen);
                let fetched = Fetched { number, uid, modseq: message.modseq, flags: &flags, mail: &message.mail };
                if !silent || condstore {
                    fetch::write(out, &fetched, &items);
                }
            }
            ((), any)
        });
        if modified.is_empty() {
            End::ok("Store completed")
        } else {
            let text = format!("[MODIFIED {}] Conditional store failed", write_set(&modified));
            if switches.modified_is_no { End::no(text) } else { End::ok(text) }
        }
    }

    pub(super) fn search(&mut self, by_uid: bool, key: &Key) -> End {
        let switches = self.switches();
        if key.names_modseq() {
            if switches.no_condstore {
                return End::bad("no CONDSTORE here");
            }
            self.condstore = true;
        }
        let login = self.login().to_owned();
        let Some(view) = &self.view else { return End::bad("no folder is selected") };
        let (numbers, uids) = (view.numbers(), view.uids());
        let search = Search { numbers: &numbers, uids: &uids };
        let mut highest = 0;
        let found = self.post.look(|state| {
            let Some(folder) = state.folder(&view.name) else { return Vec::new() };
            let found = numbers.iter().zip(&uids).filter(|&(&number, &uid)| {
                let Some(message) = folder.get(uid) else { return false };
                let flags = message.flags_for(&login, switches.private_seen);
                let candidate = Candidate { number, uid, modseq: message.modseq, flags: &flags, mail: &message.mail };
                let finds = search.finds(key, &candidate);
                highest = highest.max(if finds { message.modseq } else { 0 });
                finds
            });
            found.map(|(&number, &uid)| if by_uid { uid } else { number }).collect()
        });
        let mut line = "* SEARCH".to_owned();
        for number in &found {
            line += &format!(" {number}");
        }
        if key.names_modseq() && highest > 0 {
            line += &format!(" (MODSEQ {highest})");
        }
        self.line(&line);
        End::ok("Search completed")
    }

    pub(super) fn copy(&mut self, by_uid: bool, set: &Set, to: &str) -> End {
        self.transfer(by_uid, set, to, false)
    }

    pub(super) fn move_to(&mut self, by_uid: bool, set: &Set, to: &str) -> End {
        if self.switches().no_move {
            return End::bad("unknown command MOVE");
        }
        self.transfer(by_uid, set, to, true)
    }

    fn transfer(&mut self, by_uid: bool, set: &Set, to: &str, takes_away: bool) -> End {
        let switches = self.switches();
        let login = self.login().to_owned();
        let Some(view) = &self.view else { return End::bad("no folder is selected") };
        let (from, uids, read_only) = (view.name.clone(), view.meant(set, by_uid), view.read_only);
        let result = self.post.change_if(|state| {
            let transferred = (|| {
                let (target, rights) = self.target(state, to)?;
                let from_rights = state.rights(&login, &from);
                if takes_away && (read_only || !(from_rights.contains('t') && from_rights.contains('e'))) {
                    return Err(End::no_permission());
                }
                let Some(source) = state.folder(&from) else { return Err(End::no_permission()) };
                let stored: Vec<_> = uids.iter().filter_map(|&uid| source.get(uid).cloned()).collect();
                let sources: BTreeSet<u32> = stored.iter().map(|message| message.uid).collect();
                let Some(folder) = state.folder_mut(&target) else { return Err(End::no_permission()) };
                let mut copies = BTreeSet::new();
                for message in stored {
                    let flags = allowed(&message.flags, &rights, switches.no_keywords);
                    copies.insert(folder.append_with(message.mail, flags, message.seen_by));
                }
                let validity = folder.uid_validity;
                if let Some(source) = state.folder_mut(&from).filter(|_| takes_away) {
                    source.expunge(&sources);
                }
                Ok((validity, sources, copies))
            })();
            let changed = transferred.as_ref().is_ok_and(|(_, sources, _)| !sources.is_empty());
            (transferred, changed)
        });
        let (validity, sources, copies) = match result {
            Ok(transferred) => transferred,
            Err(end) => return end,
        };
        let code = if sources.is_empty() || switches.no_uidplus {
            String::new()
        } else {
            format!("[COPYUID {validity} {} {}] ", write_set(&sources), write_set(&copies))
        };
        if !takes_away {
            return End::ok(format!("{code}Copy completed"));
        }
        if !code.is_empty() {
            // Before the EXPUNGEs, untagged (RFC 6851 §4.3).
            self.line(&format!("* OK {code}Moved UIDs"));
        }
        End::ok("Move completed")
    }

    /// The folder that mails are put into, and the rights there.
    fn target(&self, state: &State, name: &str) -> Result<(FolderName, String), End> {
        let (folder, rights) = self
            .known_folder(state, name)
            .map_err(|_| End::no(format!("[TRYCREATE] Mailbox doesn't exist: {name}")))?;
        if rights.contains('i') { Ok((folder, rights)) } else { Err(End::no_permission()) }
    }

    pub(super) fn expunge(&mut self, set: Option<&Set>) -> End {
        if set.is_some() && self.switches().no_uidplus {
            return End::bad("unknown command UID EXPUNGE");
        }
        let Some(view) = self.view.as_ref() else { return End::bad("no folder is selected") };
        let name = view.name.clone();
        let is_allowed = !view.read_only && self.post.look(|state| state.rights(self.login(), &name)).contains('e');
        if !is_allowed {
            return End::no_permission();
        }
        let only = set.map(|set| view.meant(set, true).into_iter().collect());
        self.expunge_deleted(&name, only.as_ref());
        End::ok("Expunge completed")
    }

    /// Takes away what is `\Deleted`, of these UIDs or of all, where the login may.
    pub(super) fn expunge_deleted(&self, name: &FolderName, only: Option<&BTreeSet<u32>>) {
        self.post.change_if(|state| {
            let may = state.rights(self.login(), name).contains('e');
            let Some(folder) = state.folder_mut(name).filter(|_| may) else { return ((), false) };
            let deleted = folder.messages().iter().filter(|m| m.flags.deleted).map(|m| m.uid);
            let gone: BTreeSet<u32> = deleted.filter(|uid| only.is_none_or(|only| only.contains(uid))).collect();
            ((), !folder.expunge(&gone).is_empty())
        });
    }

    pub(super) fn append(&mut self, name: &str, flags: &[String], at: Option<Timestamp>, mail: Vec<u8>) -> End {
        if let Some(refusal) = refused_keyword(flags) {
            return refusal;
        }
        let switches = self.switches();
        let at = at.unwrap_or_else(|| self.post.now());
        let appended = self.post.change_if(|state| {
            let (target, rights) = match self.target(state, name) {
                Ok(target) => target,
                Err(end) => return (Err(end), false),
            };
            let Some(folder) = state.folder_mut(&target) else { return (Err(End::no_permission()), false) };
            let flags = Flags::from_atoms(flags.iter().map(String::as_str));
            let flags = allowed(&flags, &rights, switches.no_keywords);
            let seen_by = flags.seen.then(|| self.login().to_owned()).into_iter().collect();
            let uid = folder.append_with(Mail::new(mail, at).into(), flags, seen_by);
            (Ok((folder.uid_validity, uid)), true)
        });
        match appended {
            Ok(_) if switches.no_uidplus => End::ok("Append completed"),
            Ok((validity, uid)) => End::ok(format!("[APPENDUID {validity} {uid}] Append completed")),
            Err(end) => end,
        }
    }
}

fn set_seen(folder: &mut crate::demo::post::Folder, uid: u32, login: &str, is_private: bool) -> bool {
    if is_private {
        folder.change_private_seen(uid, login, true)
    } else {
        folder.change(uid, &FlagChange::Add(vec!["\\Seen".into()]))
    }
}

fn names_of(change: &FlagChange) -> &[String] {
    match change {
        FlagChange::Add(names) | FlagChange::Remove(names) | FlagChange::Replace(names) => names,
    }
}

/// Whether `\Seen` is to be set afterwards.
fn wants_seen(change: &FlagChange, is_seen: bool) -> bool {
    let names_seen = names_of(change).iter().any(|flag| flag.eq_ignore_ascii_case("\\Seen"));
    match change {
        FlagChange::Add(_) => is_seen || names_seen,
        FlagChange::Remove(_) => is_seen && !names_seen,
        FlagChange::Replace(_) => names_seen,
    }
}

/// The part of a change that is permitted: where one flag of several is, that one is set, as on Dovecot.
fn permitted(change: &FlagChange, before: &Flags, may: impl Fn(&str) -> bool) -> FlagChange {
    let permitted: Vec<String> = names_of(change).iter().filter(|flag| may(flag)).cloned().collect();
    match change {
        FlagChange::Add(_) => FlagChange::Add(permitted),
        FlagChange::Remove(_) => FlagChange::Remove(permitted),
        FlagChange::Replace(_) => {
            let kept = before.atoms().into_iter().filter(|flag| !may(flag));
            FlagChange::Replace(permitted.into_iter().chain(kept).collect())
        }
    }
}

/// The flags that a mail keeps in a folder where the login has these rights.
fn allowed(flags: &Flags, rights: &str, no_keywords: bool) -> Flags {
    let atoms = flags.atoms();
    Flags::from_atoms(atoms.iter().map(String::as_str).filter(|flag| may_set(rights, flag, no_keywords)))
}

/// The refusal where a keyword is too long or a system flag unknown.
fn refused_keyword(flags: &[String]) -> Option<End> {
    let is_long = |flag: &String| flag.len() > MAX_KEYWORD;
    let known = ["\\answered", "\\flagged", "\\deleted", "\\seen", "\\draft", "\\recent"];
    let is_unknown = |flag: &String| flag.starts_with('\\') && !known.contains(&flag.to_ascii_lowercase().as_str());
    if flags.iter().any(is_unknown) {
        return Some(End::bad("unknown system flag"));
    }
    flags.iter().any(is_long).then(|| End::no("[CANNOT] Keyword length too long"))
}
