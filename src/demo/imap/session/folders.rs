//! Commands about folders: NAMESPACE, LIST, STATUS, SELECT, CREATE, MYRIGHTS.

use std::collections::BTreeMap;

use super::super::structure::write_string;
use super::super::view::View;
use super::{End, Session};
use crate::demo::post::{Folder, FolderName, SHARED_PREFIX, State};

/// The system flags that a folder keeps.
const SYSTEM_FLAGS: [&str; 5] = ["\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"];

/// Whether these rights let a flag be set (RFC 4314 §4).
pub(super) fn may_set(rights: &str, flag: &str, no_keywords: bool) -> bool {
    match flag.to_ascii_lowercase().as_str() {
        "\\seen" => rights.contains('s'),
        "\\deleted" => rights.contains('t'),
        "\\answered" | "\\flagged" | "\\draft" => rights.contains('w'),
        other => !other.starts_with('\\') && rights.contains('w') && !no_keywords,
    }
}

impl Session {
    /// The folder that the client means, and its rights there; the refusal where it may not even know of it.
    pub(super) fn known_folder(&self, state: &State, name: &str) -> Result<(FolderName, String), End> {
        let folder = FolderName::resolve(self.login(), name);
        let rights = state.rights(self.login(), &folder);
        if rights.contains('l') {
            Ok((folder, rights))
        } else {
            Err(End::no(format!("[NONEXISTENT] Mailbox doesn't exist: {name}")))
        }
    }

    pub(super) fn namespace(&mut self) -> End {
        if self.switches().no_namespace {
            return End::bad("unknown command NAMESPACE");
        }
        self.line(&format!("* NAMESPACE ((\"\" \"/\")) ((\"{SHARED_PREFIX}\" \"/\")) NIL"));
        End::ok("Namespace completed")
    }

    pub(super) fn list(&mut self, reference: &str, patterns: &[String], special_use_only: bool) -> End {
        if patterns == [""] {
            self.line("* LIST (\\Noselect) \"/\" \"\"");
            return End::ok("List completed");
        }
        let login = self.login().to_owned();
        // Every name, the levels above the folders among them; `true`: a folder that can be selected.
        let mut names: BTreeMap<String, bool> = BTreeMap::new();
        self.post.look(|state| {
            for (name, _) in state.folders().filter(|(name, _)| state.rights(&login, name).contains('l')) {
                let shown = name.shown_to(&login);
                for (at, _) in shown.match_indices('/') {
                    names.entry(shown[..at].to_owned()).or_insert(false);
                }
                names.insert(shown, true);
            }
        });
        for (name, is_folder) in &names {
            let matches = |pattern: &String| {
                let pattern = format!("{reference}{pattern}");
                let is_inbox = name == "INBOX" && pattern.eq_ignore_ascii_case("INBOX");
                is_inbox || is_like(name.as_bytes(), pattern.as_bytes())
            };
            let special_use = special_use(name);
            if !patterns.iter().any(matches) || (special_use_only && special_use.is_none()) {
                continue;
            }
            let below = format!("{name}/");
            let has_children = names.keys().any(|other| other.starts_with(&below));
            let mut attributes = vec![if has_children { "\\HasChildren" } else { "\\HasNoChildren" }];
            if !is_folder {
                attributes.push("\\Noselect");
            }
            attributes.extend(special_use);
            self.out.extend_from_slice(format!("* LIST ({}) \"/\" ", attributes.join(" ")).as_bytes());
            write_string(&mut self.out, name.as_bytes());
            self.out.extend_from_slice(b"\r\n");
        }
        End::ok("List completed")
    }

    pub(super) fn status(&mut self, name: &str, items: &[String]) -> End {
        let login = self.login().to_owned();
        let private_seen = self.switches().private_seen;
        let answer = self.post.look(|state| {
            let (folder, rights) = self.known_folder(state, name)?;
            if !rights.contains('r') {
                return Err(End::no_permission());
            }
            let Some(folder) = state.folder(&folder) else { return Err(End::no_permission()) };
            let unseen = || folder.messages().iter().filter(|m| !m.flags_for(&login, private_seen).seen).count() as u64;
            let size = || folder.messages().iter().map(|m| m.mail.raw().len() as u64).sum();
            let values: Result<Vec<String>, End> = items
                .iter()
                .map(|item| {
                    let value = match item.as_str() {
                        "MESSAGES" => folder.messages().len() as u64,
                        "RECENT" => 0,
                        "UIDNEXT" => u64::from(folder.uid_next()),
                        "UIDVALIDITY" => u64::from(folder.uid_validity),
                        "UNSEEN" => unseen(),
                        "SIZE" => size(),
                        "HIGHESTMODSEQ" => folder.highest_modseq(),
                        _ => return Err(End::bad("unknown STATUS item")),
                    };
                    Ok(format!("{item} {value}"))
                })
                .collect();
            values
        });
        match answer {
            Err(end) => end,
            Ok(_) if self.switches().no_condstore && items.iter().any(|i| i == "HIGHESTMODSEQ") => {
                End::bad("unknown STATUS item")
            }
            Ok(values) => {
                self.condstore |= items.iter().any(|i| i == "HIGHESTMODSEQ");
                self.out.extend_from_slice(b"* STATUS ");
                write_string(&mut self.out, name.as_bytes());
                self.line(&format!(" ({})", values.join(" ")));
                End::ok("Status completed")
            }
        }
    }

    pub(super) fn select(&mut self, name: &str, read_only: bool, condstore: bool) -> End {
        let switches = self.switches();
        if condstore && switches.no_condstore {
            return End::bad("unknown parameter CONDSTORE");
        }
        if self.view.take().is_some() {
            self.line("* OK [CLOSED] Previous mailbox closed");
        }
        self.condstore |= condstore;
        let opened = self.post.look(|state| {
            let (name, rights) = self.known_folder(state, name)?;
            let folder = state.folder(&name).filter(|_| rights.contains('r')).ok_or_else(End::no_permission)?;
            let read_only = read_only || !rights.contains(['i', 'w', 's', 't', 'e']);
            let facts = facts(folder, &rights, read_only, switches.no_keywords, switches.no_condstore);
            Ok((View::new(name, folder, read_only), facts))
        });
        match opened {
            Ok((view, facts)) => {
                facts.iter().for_each(|fact| self.line(fact));
                let word = if view.read_only { "[READ-ONLY]" } else { "[READ-WRITE]" };
                self.view = Some(view);
                End::ok(format!("{word} Select completed"))
            }
            Err(end) => end,
        }
    }

    pub(super) fn create(&mut self, name: &str) -> End {
        let name = name.trim_end_matches('/');
        let folder = FolderName::resolve(self.login(), name);
        let is_prefix = format!("{name}/") == SHARED_PREFIX;
        let is_named =
            !folder.path.is_empty() && !folder.path.split('/').any(str::is_empty) && folder.path.len() <= 200;
        if !is_named || is_prefix || !name.is_ascii() || name.contains(['%', '*', '\r', '\n']) {
            return End::no("[CANNOT] Not a name for a folder");
        }
        let login = self.login().to_owned();
        self.post.change_if(|state| {
            if state.folder(&folder).is_some_and(|_| state.rights(&login, &folder).contains('l')) {
                return (End::no("[ALREADYEXISTS] Mailbox already exists"), false);
            }
            let root = folder.root();
            if !state.rights(&login, &root).contains('k') {
                return (End::no_permission(), false);
            }
            let rights = state.folder(&root).map(|root| root.rights.clone()).unwrap_or_default();
            let created = state.create(folder, rights);
            (if created { End::ok("Create completed") } else { End::no_permission() }, created)
        })
    }

    pub(super) fn subscribe(&mut self, name: &str) -> End {
        match self.post.look(|state| self.known_folder(state, name)) {
            Ok(_) => End::ok("Subscribe completed"),
            Err(end) => end,
        }
    }

    pub(super) fn my_rights(&mut self, name: &str) -> End {
        if self.switches().no_acl {
            return End::bad("unknown command MYRIGHTS");
        }
        match self.post.look(|state| self.known_folder(state, name)) {
            Ok((_, rights)) => {
                self.out.extend_from_slice(b"* MYRIGHTS ");
                write_string(&mut self.out, name.as_bytes());
                self.line(&format!(" {rights}"));
                End::ok("Myrights completed")
            }
            Err(end) => end,
        }
    }

    pub(super) fn close(&mut self, expunge: bool) -> End {
        if let Some(view) = self.view.take().filter(|view| expunge && !view.read_only) {
            // Silent by the standard: nobody is told here, the others are (RFC 3501 §6.4.2).
            self.expunge_deleted(&view.name, None);
        }
        End::ok("Closed")
    }
}

/// What SELECT tells of a folder.
fn facts(folder: &Folder, rights: &str, read_only: bool, no_keywords: bool, no_condstore: bool) -> Vec<String> {
    let keywords = folder.keywords().iter().map(String::as_str);
    let known: Vec<&str> = SYSTEM_FLAGS.iter().copied().chain(keywords).collect();
    let mut permanent: Vec<&str> =
        known.iter().copied().filter(|flag| !read_only && may_set(rights, flag, no_keywords)).collect();
    if !read_only && may_set(rights, "keyword", no_keywords) {
        permanent.push("\\*");
    }
    let mut facts = vec![
        format!("* FLAGS ({})", known.join(" ")),
        format!("* OK [PERMANENTFLAGS ({})] Flags permitted", permanent.join(" ")),
        format!("* {} EXISTS", folder.messages().len()),
        "* 0 RECENT".to_owned(),
    ];
    if let Some(at) = folder.messages().iter().position(|m| !m.flags.seen) {
        facts.push(format!("* OK [UNSEEN {}] First unseen", at + 1));
    }
    facts.push(format!("* OK [UIDVALIDITY {}] UIDs valid", folder.uid_validity));
    facts.push(format!("* OK [UIDNEXT {}] Predicted next UID", folder.uid_next()));
    facts.push(if no_condstore {
        "* OK [NOMODSEQ] No mod-sequences".to_owned()
    } else {
        format!("* OK [HIGHESTMODSEQ {}] Highest", folder.highest_modseq())
    });
    facts
}

/// The use of a login's own folder (RFC 6154). Shared ones have none told, as on real servers.
fn special_use(name: &str) -> Option<&'static str> {
    Some(match name {
        "Sent" => "\\Sent",
        "Drafts" => "\\Drafts",
        "Archive" => "\\Archive",
        "Trash" => "\\Trash",
        "Junk" => "\\Junk",
        _ => return None,
    })
}

/// Whether a name matches a pattern: `*` is anything, `%` anything on one level (RFC 3501 §6.3.8).
fn is_like(name: &[u8], pattern: &[u8]) -> bool {
    // Which beginnings of the pattern match the name so far; no backtracking, whatever the pattern.
    let close = |reached: &mut Vec<bool>| {
        for at in 0..pattern.len() {
            if reached[at] && matches!(pattern[at], b'*' | b'%') {
                reached[at + 1] = true;
            }
        }
    };
    let mut reached = vec![false; pattern.len() + 1];
    reached[0] = true;
    close(&mut reached);
    for &byte in name {
        let mut next = vec![false; pattern.len() + 1];
        for (at, &wanted) in pattern.iter().enumerate().filter(|(at, _)| reached[*at]) {
            match wanted {
                b'*' => next[at] = true,
                b'%' if byte != b'/' => next[at] = true,
                _ if wanted == byte => next[at + 1] = true,
                _ => {}
            }
        }
        close(&mut next);
        reached = next;
    }
    reached[pattern.len()]
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn patterns_match_by_levels() {
        for (name, pattern, matches) in [
            ("shared/a@b/Sent", "*", true),
            ("shared/a@b/Sent", "shared/*", true),
            ("shared/a@b/Sent", "shared/%", false),
            ("shared/a@b", "shared/%", true),
            ("INBOX", "%", true),
            ("shared/a@b/Sent", "%/%/S%t", true),
            ("Sent", "sent", false),
            ("", "*", true),
        ] {
            assert_eq!(is_like(name.as_bytes(), pattern.as_bytes()), matches, "{name} {pattern}");
        }
        assert!(!is_like("a".repeat(500).as_bytes(), format!("{}b", "*a".repeat(200)).as_bytes()));
    }
}
