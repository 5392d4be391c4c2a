//! UID STORE of one message's flags, guarded by its mod-sequence where one is given (RFC 7162 §3.1.3).

use super::UidSet;
use super::command::Command;
use super::condition::{Code, Status};
use super::error::Error;
use super::reply::Reply;
use super::session::Session;
use crate::model::{Flags, ModSeq, Uid};
use crate::wire::step::FlagChange;

/// How a server answered a STORE. None of it proves that the flags are as they were asked to be: a plain OK also means
/// no right, no such message, a keyword dropped (docs/protocol.md#claim).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreAnswer {
    /// The tagged answer is OK.
    pub accepted: bool,
    /// It has the code MODIFIED, on OK or on NO: the guard did not hold.
    pub modified: bool,
    /// An untagged FETCH of the message came before it.
    pub fetched: Option<(Flags, Option<ModSeq>)>,
    /// What the server said to a NO or BAD, and by which code.
    pub refusal: Option<(String, Option<Code>)>,
}

impl Session {
    /// Changes the flags of one message. With `unchanged_since`, only if nothing of it changed after that.
    pub async fn store(
        &mut self,
        uid: Uid,
        unchanged_since: Option<ModSeq>,
        change: &FlagChange,
    ) -> Result<StoreAnswer, Error> {
        let mut command = Command::new("UID STORE").words(&uid.to_string());
        if let Some(modseq) = unchanged_since {
            command = command.words(&format!("(UNCHANGEDSINCE {modseq})"));
        }
        let (item, flags) = match change {
            FlagChange::Add(flags) => ("+FLAGS", flags),
            FlagChange::Remove(flags) => ("-FLAGS", flags),
            FlagChange::Replace(flags) => ("FLAGS", flags),
        };
        let command = command.words(item).words(&flag_list(flags)?);
        let mut fetched = None;
        let done = self
            .run(command, &mut |reply| match reply {
                Reply::Fetch(told) if told.uid == Some(uid) && told.flags.is_some() => {
                    fetched = told.flags.map(|flags| (flags, told.modseq));
                    None
                }
                other => Some(other),
            })
            .await?;
        let is_ours = |set: &UidSet| set.is_empty() || set.contains(uid);
        let accepted = done.status == Status::Ok;
        Ok(StoreAnswer {
            accepted,
            modified: matches!(&done.code, Some(Code::Modified(set)) if is_ours(set)),
            fetched,
            refusal: (!accepted).then_some((done.text, done.code)),
        })
    }
}

/// The list of flags, each of which must be an atom: anything else would change the command.
pub(super) fn flag_list(flags: &[String]) -> Result<String, Error> {
    let is_atom = |flag: &String| {
        let name = flag.strip_prefix('\\').unwrap_or(flag);
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && !b"(){%*\"\\]".contains(&b))
    };
    if !flags.iter().all(is_atom) {
        return Err(Error::Unsupported { what: "flags that are no atoms" });
    }
    Ok(format!("({})", flags.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::flag_list;

    #[test]
    fn a_flag_cannot_become_a_command() {
        assert_eq!(flag_list(&["\\Seen".into(), "bagsy-claim-a.b".into()]).unwrap(), "(\\Seen bagsy-claim-a.b)");
        assert_eq!(flag_list(&[]).unwrap(), "()");
        for odd in ["", "a b", "a)", "a\r\nb", "\\", "ü", "a]"] {
            assert!(flag_list(&[odd.to_owned()]).is_err(), "{odd}");
        }
    }
}
