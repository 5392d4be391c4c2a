//! What the verbs that send have in common: the text, the files, who gets it, and how it leaves.

use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use super::args::{Recipients, SendArgs};
use super::change::print;
use super::context::{Context, Outcome, Reached, failed};
use crate::engine::files::read_file;
use crate::engine::message::Answer;
use crate::engine::outbox::{self, Ran, Terms};
use crate::engine::{Login, Place, forward};
use crate::mail::compose::{self, AttachedFile, Draft};
use crate::mail::safe;
use crate::model::{Address, ErrorKind, Mailbox, Refusal};
use crate::store::Desk;

/// The whole body, LF line ends.
pub fn body(path: &Path) -> Outcome<String> {
    let unreadable =
        |error: io::Error| Refusal::new(ErrorKind::Usage, format!("{} cannot be read: {error}", path.display()));
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        io::stdin().lock().read_to_end(&mut bytes).map_err(unreadable)?;
    } else {
        bytes = std::fs::read(path).map_err(unreadable)?;
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| Refusal::new(ErrorKind::Usage, format!("{} is not UTF-8 text", path.display())))?;
    Ok(text.replace("\r\n", "\n"))
}

/// The same where there must be one.
pub fn some_body(path: &Path) -> Outcome<String> {
    let text = body(path)?;
    if text.trim().is_empty() {
        return Err(Refusal::new(ErrorKind::Usage, "the text is empty"));
    }
    Ok(text)
}

/// Files that are to go along, read as they are now.
pub fn files(paths: &[PathBuf]) -> Outcome<Vec<AttachedFile>> {
    let mut left = compose::MAX_ATTACHED;
    let mut files = Vec::new();
    for path in paths {
        let file = read_file(path, left)
            .map_err(|why| Refusal::new(ErrorKind::Usage, format!("{} cannot be attached: {why}", path.display())))?;
        left = left.saturating_sub(file.bytes.len() as u64);
        files.push(file);
    }
    Ok(files)
}

/// Puts in who gets it.
pub fn address(draft: &mut Draft, recipients: &Recipients) {
    let read = |typed: &[String]| -> Vec<Address> { typed.iter().flat_map(|t| compose::parse_addresses(t)).collect() };
    (draft.to, draft.cc, draft.bcc) = (read(&recipients.to), read(&recipients.cc), read(&recipients.bcc));
}

/// Puts in the address that it comes from, where one was chosen.
pub fn choose_sender(draft: &mut Draft, mailbox: &Mailbox, chosen: Option<&str>) -> Outcome {
    let Some(chosen) = chosen else { return Ok(()) };
    let ours = compose::senders(mailbox);
    let Some(from) = ours.iter().find(|our| our.is_same_place(chosen)) else {
        let known: Vec<&str> = ours.iter().map(|our| our.email.as_str()).collect();
        let text = format!("{chosen} is no address of {}", mailbox.key());
        return Err(Refusal::new(ErrorKind::Usage, text).hint(format!("it has {}", known.join(", "))));
    };
    draft.from = from.clone();
    Ok(())
}

/// The message as it would leave, readable: into a pipe or a file as it is, to a terminal made safe for it.
pub fn dry_run(answer: &Answer, mailbox: &Mailbox, files: Vec<AttachedFile>) -> Outcome {
    let draft = Draft { attachments: files, ..answer.draft.clone() };
    draft.check().map_err(|error| Refusal::new(ErrorKind::Usage, error.to_string()))?;
    let domain = mailbox.address.as_deref().and_then(|a| a.rsplit_once('@')).map_or("localhost", |(_, domain)| domain);
    let bytes = compose::write_readable(&draft, &compose::message_id(domain), &jiff::Zoned::now());
    let mut out = io::stdout().lock();
    // Files that go along may be a stranger's, byte by byte.
    let shown = out.is_terminal().then(|| safe::text(&String::from_utf8_lossy(&bytes)));
    out.write_all(shown.as_ref().map_or(&bytes[..], |text| text.as_bytes()))
        .and_then(|()| out.flush())
        .map_err(|error| Refusal::new(ErrorKind::Failed, format!("it cannot be written: {error}")))
}

/// Puts it into the outbox: from here on it is never lost and never sent twice.
pub fn put(login: &Login, mailbox: &Mailbox, mut answer: Answer, files: &[AttachedFile], terms: Terms) -> Outcome<i64> {
    answer.draft.check().map_err(|error| Refusal::new(ErrorKind::Usage, error.to_string()))?;
    let desk = Desk::open(&login.cache).map_err(failed)?;
    for file in files {
        answer.attached.push(forward::keep(&desk, file)?);
    }
    Ok(outbox::put(&desk, login, mailbox, &answer, terms)?)
}

/// Runs it to its end and prints the conversation as it is then: the one with this root, else the one that it belongs to.
pub async fn deliver(cx: &Context, at: &mut Reached, mailbox: &Mailbox, item: i64, root: Option<&str>) -> Outcome {
    let mailboxes = at.mailboxes.clone();
    match at.link.run_item(item, &mailboxes).await? {
        Ran::Sent(after) => {
            let after = match root {
                Some(root) => at.link.as_it_is(Place { mailbox, root }).await.ok().map(Box::new),
                None => after,
            };
            if let Some(after) = after {
                print(cx, at, mailbox, &after);
            }
            Ok(())
        }
        // The customer has it; to call that a failure would ask for a second answer.
        Ran::Unmarked(refusal) => {
            cx.out.aside(&refusal.message);
            Ok(())
        }
        Ran::Stays(refusal) | Ran::NotSent(refusal) => Err(refusal),
        Ran::Elsewhere => Err(Refusal::new(ErrorKind::Failed, "another process is sending it; see `bagsy outbox`")),
    }
}

/// What is said of what could not leave now.
pub fn queued(why: Refusal) -> Refusal {
    Refusal { message: format!("{}; the mail is kept in the outbox", why.message), ..why }
        .hint("it is sent by the screen as soon as that is possible, or by `bagsy outbox retry`")
}

/// Whether a failure to connect leaves the outbox to be used.
pub fn is_out_of_reach(refusal: &Refusal) -> bool {
    matches!(refusal.kind, ErrorKind::Unreachable | ErrorKind::Tls)
}

/// The terms of a mail that answers nothing.
pub fn terms(args: &SendArgs) -> Terms {
    Terms { unannounced: args.unannounced, ..Terms::default() }
}
