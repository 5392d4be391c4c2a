//! How an answer begins: to whom, from which of the mailbox's addresses, under which subject, quoting what.

use jiff::Zoned;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use unicode_width::UnicodeWidthStr;

use super::compose::{Draft, is_mailable};
use super::forward::without_forward_word;
use super::quote::{Block, blocks};
use crate::model::{Address, Mailbox, Message, MessageId};

/// A quoted line is at most so wide, that it fits beside its marks in a mail of the usual width.
const QUOTE_WIDTH: usize = 76;

/// How many References an answer carries at most: the first, by which the conversation is known, and the last ones.
const MAX_REFERENCES: usize = 30;

/// What programs in other languages write for `Re`.
const REPLY_WORDS: [&str; 18] = [
    "re",
    "aw",
    "antw",
    "antwort",
    "sv",
    "vs",
    "res",
    "rif",
    "rép",
    "rep",
    "odp",
    "ynt",
    "vá",
    "na",
    "回复",
    "回覆",
    "答复",
    "ответ",
];

/// An answer to a message, or to all that took part in it.
///
/// It goes to Reply-To, else to From; with `all`, To and Cc of the message get a copy. The mailbox's own addresses are
/// never among these. It comes from that address of the mailbox to which the message was written, else from its first.
/// `quoted_text` is the message's text as it was read; without it the body is empty.
pub fn reply(own: &Mailbox, answered: &Message, all: bool, quoted_text: Option<&str>) -> Draft {
    let to = recipients(own, answered);
    let mut cc = Vec::new();
    if all {
        add_others(&mut cc, answered.to.iter().chain(&answered.cc), own, &to);
    }
    Draft {
        from: sender(own, answered),
        to,
        cc,
        bcc: Vec::new(),
        subject: reply_subject(&answered.subject),
        body: quoted_text.map(|text| quoting(answered, text)).unwrap_or_default(),
        in_reply_to: answered.message_id.clone(),
        references: references(answered),
        attachments: Vec::new(),
    }
}

fn recipients(own: &Mailbox, answered: &Message) -> Vec<Address> {
    // What the mailbox itself wrote (to itself, or from a web form without Reply-To) is followed up to whom it went.
    for list in [&answered.reply_to, &answered.from, &answered.to] {
        let mut to = Vec::new();
        add_others(&mut to, list.iter(), own, &[]);
        if !to.is_empty() {
            return to;
        }
    }
    Vec::new()
}

/// Adds each place once, but the mailbox itself, those that are `taken`, and what is no address.
fn add_others<'a>(into: &mut Vec<Address>, from: impl Iterator<Item = &'a Address>, own: &Mailbox, taken: &[Address]) {
    for address in from {
        let is_known = into.iter().chain(taken).any(|known| known.is_same_place(&address.email));
        if !is_known && !own.is_own_address(&address.email) && is_mailable(&address.email) {
            into.push(address.clone());
        }
    }
}

/// The mailbox's address to which the message was written, in the mailbox's own spelling.
pub(super) fn sender(own: &Mailbox, answered: &Message) -> Address {
    let ours = || own.address.iter().chain(&own.addresses);
    let named = answered.to.iter().chain(&answered.cc).map(|a| a.email.as_str());
    let mut written_to = named.chain(answered.delivered_to.iter().map(String::as_str));
    let meant = written_to.find_map(|place| ours().find(|our| our.eq_ignore_ascii_case(place)));
    let email = meant.or_else(|| ours().next()).cloned().unwrap_or_default();
    Address { name: own.name.clone(), email }
}

/// `Re: ` and the subject without whatever it had of that kind in front, in any of the usual languages.
pub fn reply_subject(subject: &str) -> String {
    let mut rest = subject.trim();
    while let Some(shorter) = without_reply_word(rest) {
        rest = shorter;
    }
    format!("Re: {rest}").trim_end().to_owned()
}

/// What a conversation is about, without what answers and forwards put in front: one name for it, whichever of its mails
/// is the first.
pub fn bare_subject(subject: &str) -> &str {
    let mut rest = subject.trim();
    while let Some(shorter) = without_reply_word(rest).or_else(|| without_forward_word(rest)) {
        rest = shorter;
    }
    rest
}

/// What follows `Re:`, `RE :`, `Re[2]:`, `Re^2:`, `AW：` and their kind.
fn without_reply_word(subject: &str) -> Option<&str> {
    let (front, rest) = subject.split_once([':', '：'])?;
    let word = front.trim_end();
    let word = match word.split_once(['[', '(', '^']) {
        Some((word, count)) if count.trim_end_matches([']', ')']).bytes().all(|b| b.is_ascii_digit()) => {
            word.trim_end()
        }
        Some(_) => return None,
        None => word,
    };
    let word = word.to_lowercase();
    REPLY_WORDS.contains(&word.as_str()).then(|| rest.trim_start())
}

/// RFC 5322 §3.6.4: the References of the message (else its one In-Reply-To) and its own id.
fn references(answered: &Message) -> Vec<MessageId> {
    let mut references = match answered.in_reply_to.as_slice() {
        [only] if answered.references.is_empty() => vec![only.clone()],
        _ => answered.references.clone(),
    };
    if let Some(id) = &answered.message_id {
        references.retain(|known| known != id);
        references.push(id.clone());
    }
    if references.len() > MAX_REFERENCES {
        references.drain(1..=references.len() - MAX_REFERENCES);
    }
    references
}

/// What stands in an answer before a word of it is written: room, who wrote, and the quote.
pub fn quoting(answered: &Message, text: &str) -> String {
    format!("\n\n{}\n{}\n", attribution(answered), quote(text))
}

/// When a message was written. The date has the sender's own time and zone, the month as a word, the year in full: no
/// country reads it wrongly.
pub(super) fn date_of(message: &Message) -> String {
    let written = rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_zoned(message.date.as_str());
    let written: Zoned = written.unwrap_or_else(|_| message.internal_date.to_zoned(TimeZone::UTC));
    written.strftime("%-d %B %Y at %H:%M %z").to_string()
}

/// The line above a quote.
pub fn attribution(answered: &Message) -> String {
    let date = date_of(answered);
    match answered.from.first() {
        Some(from) => format!("On {date}, {} wrote:", from.shown()),
        None => format!("On {date}, somebody wrote:"),
    }
}

/// The text with `> ` in front of each line; what was quoted already gets one more `>`. Long lines are broken, each piece
/// as deep as the whole was. Signatures and the empty lines around the text are left out.
pub fn quote(text: &str) -> String {
    let blocks = blocks(text);
    let lines: Vec<&str> = blocks.iter().flat_map(said).map(|line| line.trim_end()).collect();
    let first = lines.iter().position(|line| !line.is_empty()).unwrap_or(0);
    let end = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    let quoted = lines.get(first..end).unwrap_or_default().iter().flat_map(|line| {
        let (mark, text) = deeper(line);
        broken(text, QUOTE_WIDTH.saturating_sub(mark.len() + 1)).into_iter().map(move |piece| match piece {
            "" => mark.clone(),
            piece => format!("{mark} {piece}"),
        })
    });
    quoted.collect::<Vec<_>>().join("\n")
}

/// A block's lines without a signature; the line below it that says whose quote follows is none of it.
fn said(block: &Block) -> &[String] {
    let lines = block.lines();
    let is_signature = matches!(block, Block::Signature(_));
    let is_attribution = lines.last().is_some_and(|last| last.trim_end().ends_with([':', '：']));
    let from = if is_signature { lines.len() - usize::from(is_attribution) } else { 0 };
    &lines[from..]
}

/// The marks of a line in its quote, one more than it had, and what stands behind them.
fn deeper(line: &str) -> (String, &str) {
    let mut mark = String::from(">");
    let mut rest = line;
    while let Some(behind) = rest.strip_prefix('>') {
        mark.push('>');
        // `> > >` is as deep as `>>>`.
        rest = behind.strip_prefix(' ').filter(|r| r.starts_with('>')).unwrap_or(behind);
    }
    let text = if mark.len() > 1 { rest.strip_prefix(' ').unwrap_or(rest) } else { rest };
    (mark, text)
}

/// A line in pieces of so many cells, broken at blanks; a word that is longer stays whole.
fn broken(line: &str, cells: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = line;
    while rest.width() > cells {
        let indent = rest.len() - rest.trim_start_matches(' ').len();
        let blanks = rest.match_indices(' ').map(|(at, _)| at).filter(|at| *at > indent);
        let mut at = None;
        for blank in blanks {
            if at.is_some() && rest[..blank].width() > cells {
                break;
            }
            at = Some(blank);
        }
        let Some(at) = at else { break };
        pieces.push(rest[..at].trim_end_matches(' '));
        rest = rest[at..].trim_start_matches(' ');
    }
    pieces.push(rest);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::header;
    use crate::model::{Flags, Grade, Role, Uid};
    use jiff::Timestamp;

    fn mailbox() -> Mailbox {
        Mailbox {
            address: Some("support@example.test".into()),
            name: Some("Example Support".into()),
            addresses: vec!["help@example.test".into()],
            account: "work".into(),
            root: "shared/support@example.test".into(),
            folders: Default::default(),
            rights: None,
            grade: Grade::A,
            may: vec![],
        }
    }

    fn message(block: &str) -> Message {
        header::message(Role::Inbox, Uid(1), None, Timestamp::UNIX_EPOCH, 0, Flags::default(), block.as_bytes())
    }

    fn emails(list: &[Address]) -> Vec<&str> {
        list.iter().map(|a| a.email.as_str()).collect()
    }

    #[test]
    fn a_reply_goes_to_the_customer_and_comes_from_where_they_wrote_to() {
        let asked = message(
            "From: Dana Reyes <dana@reyes.example>\nTo: x@y.test, HELP@example.test\nCc: lee@z.test, support@example.test\n\
             Subject: Printer on fire\nMessage-ID: <1@reyes.example>\nDate: Mon, 2 Mar 2026 14:02:03 +0100\n\n",
        );
        let draft = reply(&mailbox(), &asked, false, Some("It is smoking again.\n\n> before\n-- \nDana\n"));
        assert_eq!(draft.from.to_string(), "Example Support <help@example.test>");
        assert_eq!((emails(&draft.to), emails(&draft.cc)), (vec!["dana@reyes.example"], vec![]));
        assert_eq!(draft.subject, "Re: Printer on fire");
        assert_eq!(
            draft.body,
            "\n\nOn 2 March 2026 at 14:02 +0100, Dana Reyes wrote:\n> It is smoking again.\n>\n>> before\n"
        );
        assert_eq!(draft.in_reply_to, asked.message_id);
        let draft = reply(&mailbox(), &asked, true, None);
        assert_eq!(emails(&draft.cc), ["x@y.test", "lee@z.test"]);
        assert_eq!(draft.body, "");
    }

    #[test]
    fn reply_to_is_honoured_and_the_mailbox_never_answers_itself() {
        let form = message(
            "From: Web form <support@example.test>\nReply-To: ada@x.test, Support@Example.test, ADA@x.test\nTo: support@example.test\n\n",
        );
        let draft = reply(&mailbox(), &form, true, None);
        assert_eq!((emails(&draft.to), draft.cc.len()), (vec!["ada@x.test"], 0));
        let own = message("From: help@example.test\nTo: ada@x.test, help@example.test\n\n");
        assert_eq!(emails(&reply(&mailbox(), &own, false, None).to), ["ada@x.test"]);
        let none = message("From: help@example.test\nTo: help@example.test\n\n");
        assert!(reply(&mailbox(), &none, true, None).to.is_empty());
    }

    #[test]
    fn a_hidden_recipient_is_found_in_the_trace() {
        let bcc = message("From: a@x.test\nTo: b@y.test\nDelivered-To: help@example.test\n\n");
        assert_eq!(reply(&mailbox(), &bcc, false, None).from.email, "help@example.test");
        let list = message("From: a@x.test\nTo: b@y.test\n\n");
        assert_eq!(reply(&mailbox(), &list, false, None).from.email, "support@example.test");
    }

    #[test]
    fn re_is_never_doubled() {
        for subject in [
            "Hello",
            "Re: Hello",
            "RE : re: Hello",
            "AW: Re[2]: Hello",
            "Sv:Hello",
            "回复：Hello",
            "Re^3: Hello",
            "Antw: Hello",
        ] {
            assert_eq!(reply_subject(subject), "Re: Hello", "{subject}");
        }
        assert_eq!(reply_subject("Fwd: Re: x"), "Re: Fwd: Re: x");
        for subject in ["Hello: you", "Re: Hello: you", "AW: WG: Re[2]: Hello: you", " Fwd: SV：Hello: you "] {
            assert_eq!(bare_subject(subject), "Hello: you", "{subject}");
        }
        assert_eq!(bare_subject("Re: "), "");
        assert_eq!(reply_subject("Invoice: 4"), "Re: Invoice: 4");
        assert_eq!(reply_subject(""), "Re:");
        assert_eq!(reply_subject("Re: "), "Re:");
    }

    #[test]
    fn references_keep_the_root_and_stay_bounded() {
        let many: String = (0..200).map(|i| format!(" <{i}@x>\n")).collect();
        let long = message(&format!("Message-ID: <me@x>\nReferences:{many}\n"));
        let references = references(&long);
        assert_eq!(references.len(), MAX_REFERENCES);
        assert_eq!((references[0].0.as_str(), references[29].0.as_str()), ("0@x", "me@x"));
        assert_eq!(references[28].0, "199@x");
        let old = message("Message-ID: <me@x>\nIn-Reply-To: <p@x>\n\n");
        assert_eq!(super::references(&old).iter().map(|id| id.0.as_str()).collect::<Vec<_>>(), ["p@x", "me@x"]);
        let two = message("Message-ID: <me@x>\nIn-Reply-To: <p@x> <q@x>\n\n");
        assert_eq!(super::references(&two).len(), 1);
    }

    #[test]
    fn a_date_that_cannot_be_read_gives_way_to_the_servers() {
        let odd = message("From: a@x.test\nDate: yesterday\n\n");
        assert_eq!(attribution(&odd), "On 1 January 1970 at 00:00 +0000, a@x.test wrote:");
    }

    #[test]
    fn a_quote_is_broken_into_lines_that_keep_their_depth() {
        let long = "word ".repeat(30);
        let quoted = quote(&format!("{long}\n> > {long}\n    {}\n", "x".repeat(100)));
        let lines: Vec<&str> = quoted.lines().collect();
        assert!(lines.iter().filter(|l| !l.contains("xx")).all(|l| l.len() <= 76), "{quoted}");
        assert_eq!(lines.iter().filter(|l| l.starts_with("> word")).count(), 2);
        assert_eq!(lines.iter().filter(|l| l.starts_with(">>> word")).count(), 3);
        assert_eq!(lines.last().unwrap().len(), 106, "an endless word stays whole");
        assert_eq!(quoted.matches("word").count(), 60);
    }

    #[test]
    fn no_signature_is_quoted_wherever_it_stands() {
        assert_eq!(quote("Yes.\n-- \nAda\nOn Monday Bob wrote:\n> a"), "> Yes.\n> On Monday Bob wrote:\n>> a");
        assert_eq!(quote("Yes.\n-- \nAda\n"), "> Yes.");
        assert_eq!(quote("-- \nAda\n"), "");
    }
}
