//! The embedded servers keep the protocols that bagsy stands on, seen from a bare socket and through async-imap.

use std::net::SocketAddr;
use std::time::Duration;

use bagsy::demo::post::{FolderName, Mail};
use bagsy::demo::{self, Demo, Effect, Options, folder, login};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

const ROOT: &str = "shared/support@example.test";

/// A client that sends lines and shows what came back.
struct Raw {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
    tag: u32,
}

impl Raw {
    async fn connect(addr: SocketAddr) -> Self {
        let (reader, writer) = TcpStream::connect(addr).await.unwrap().into_split();
        let mut raw = Self { reader: BufReader::new(reader), writer, tag: 0 };
        raw.line().await;
        raw
    }

    /// A client that is signed in and has the shared INBOX selected.
    async fn selected(demo: &Demo, name: &str) -> Self {
        let mut raw = Self::connect(demo.imap_addr).await;
        raw.ok(&format!("LOGIN {} demo", login(name))).await;
        raw.ok(&format!("SELECT {ROOT} (CONDSTORE)")).await;
        raw
    }

    /// One line with its literals; empty when the server has closed.
    async fn line(&mut self) -> String {
        let mut bytes = Vec::new();
        loop {
            let read = self.reader.read_until(b'\n', &mut bytes);
            let read = tokio::time::timeout(Duration::from_secs(5), read).await.expect("an answer").unwrap_or(0);
            let Some(size) = literal_size(&bytes).filter(|_| read > 0) else { break };
            let mut literal = vec![0; size];
            self.reader.read_exact(&mut literal).await.unwrap();
            bytes.extend(literal);
        }
        String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned()
    }

    async fn send(&mut self, text: &str) {
        self.writer.write_all(text.as_bytes()).await.unwrap();
    }

    /// Sends a command and gives all lines of its answer, the tagged one last.
    async fn run(&mut self, command: &str) -> Vec<String> {
        self.tag += 1;
        let tag = format!("t{} ", self.tag);
        self.send(&format!("{tag}{command}\r\n")).await;
        let mut lines = Vec::new();
        loop {
            let line = self.line().await;
            if line.is_empty() {
                return lines;
            }
            if let Some(end) = line.strip_prefix(&tag) {
                lines.push(end.to_owned());
                return lines;
            }
            lines.push(line);
        }
    }

    async fn ok(&mut self, command: &str) -> Vec<String> {
        let lines = self.run(command).await;
        assert!(lines.last().is_some_and(|end| end.starts_with("OK")), "{command}: {lines:?}");
        lines
    }

    /// The tagged answer alone.
    async fn end(&mut self, command: &str) -> String {
        self.run(command).await.pop().unwrap_or_default()
    }

    /// Sends a line of SMTP and gives the reply's one line.
    async fn reply(&mut self, line: &str) -> String {
        self.send(&format!("{line}\r\n")).await;
        self.line().await
    }
}

fn literal_size(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"}\r\n")?;
    let open = line.iter().rposition(|&b| b == b'{')?;
    std::str::from_utf8(&line[open + 1..]).ok()?.parse().ok()
}

async fn quiet() -> Demo {
    Demo::start(Options::quiet()).await.unwrap()
}

/// Puts mails into INBOX behind the server's back.
fn deliver(demo: &Demo, count: usize) {
    demo.post.change(|state| {
        for number in 1..=count {
            let raw = format!(
                "From: Dana <dana@reyes.example>\r\nTo: support@example.test\r\nSubject: Mail {number}\r\n\
                 Message-ID: <{number}@reyes.example>\r\n\r\nText {number}\r\n"
            );
            state.folder_mut(&folder("INBOX")).unwrap().append(Mail::new(raw.into_bytes(), demo.post.now()), &[]);
        }
    });
}

fn has_flag(demo: &Demo, path: &str, uid: u32, flag: &str) -> bool {
    demo.post.look(|state| state.folder(&folder(path)).unwrap().get(uid).unwrap().flags.has(flag))
}

#[tokio::test]
async fn a_login_finds_the_shared_mailbox_in_its_namespace() {
    let demo = quiet().await;
    let mut alice = Raw::connect(demo.imap_addr).await;
    assert!(alice.end("LOGIN alice@example.test wrong").await.starts_with("NO [AUTHENTICATIONFAILED]"));
    assert!(alice.end("SELECT INBOX").await.starts_with("BAD"));
    let end = alice.end("AUTHENTICATE PLAIN AGFsaWNlQGV4YW1wbGUudGVzdABkZW1v").await;
    assert!(end.starts_with("OK [CAPABILITY "), "{end}");
    assert_eq!(alice.ok("NAMESPACE").await[0], "* NAMESPACE ((\"\" \"/\")) ((\"shared/\" \"/\")) NIL");
    let all = alice.ok("LIST \"\" \"shared/*\"").await;
    assert_eq!(all.len(), 7, "{all:?}");
    assert_eq!(all[0], format!("* LIST (\\HasChildren) \"/\" \"{ROOT}\""));
    assert_eq!(all[1], format!("* LIST (\\HasNoChildren) \"/\" \"{ROOT}/Archive\""));
    let top = alice.ok("LIST \"\" % RETURN (SPECIAL-USE)").await;
    assert!(top.contains(&"* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent\"".to_owned()), "{top:?}");
    assert!(top.contains(&"* LIST (\\HasChildren \\Noselect) \"/\" \"shared\"".to_owned()), "{top:?}");
    assert_eq!(alice.ok(&format!("MYRIGHTS {ROOT}")).await[0], format!("* MYRIGHTS \"{ROOT}\" lrswipkxte"));
    assert!(alice.end("MYRIGHTS shared/nobody@example.test").await.starts_with("NO [NONEXISTENT]"));
}

#[tokio::test]
async fn authenticate_asks_for_what_was_not_sent_along() {
    let demo = quiet().await;
    let mut alice = Raw::connect(demo.imap_addr).await;
    assert!(alice.reply("a AUTHENTICATE PLAIN").await.starts_with('+'));
    assert!(alice.reply("AGFsaWNlQGV4YW1wbGUudGVzdABkZW1v").await.starts_with("a OK"));
}

#[tokio::test]
async fn select_and_status_tell_the_folder() {
    let demo = quiet().await;
    deliver(&demo, 3);
    let mut alice = Raw::connect(demo.imap_addr).await;
    alice.ok("LOGIN alice@example.test demo").await;
    let lines = alice.ok(&format!("SELECT \"{ROOT}\" (CONDSTORE)")).await.join("\n");
    for fact in ["* 3 EXISTS", "UIDNEXT 4]", "HIGHESTMODSEQ 4]", "\\Draft \\*)]", "OK [READ-WRITE]"] {
        assert!(lines.contains(fact), "{fact}: {lines}");
    }
    let status = alice.ok(&format!("STATUS {ROOT} (MESSAGES UNSEEN UIDNEXT HIGHESTMODSEQ)")).await;
    assert_eq!(status[0], format!("* STATUS \"{ROOT}\" (MESSAGES 3 UNSEEN 3 UIDNEXT 4 HIGHESTMODSEQ 4)"));
    assert!(alice.ok(&format!("EXAMINE {ROOT}")).await.join("\n").contains("[READ-ONLY]"));
}

#[tokio::test]
async fn two_guarded_stores_race_and_exactly_one_wins() {
    let demo = quiet().await;
    deliver(&demo, 50);
    let mut alice = Raw::selected(&demo, "alice").await;
    let mut bob = Raw::selected(&demo, "bob").await;
    for uid in 1..=50 {
        let modseq = demo.post.look(|state| state.folder(&folder("INBOX")).unwrap().get(uid).unwrap().modseq);
        let store = |who: &str| format!("UID STORE {uid} (UNCHANGEDSINCE {modseq}) +FLAGS (bagsy-claim-{who})");
        let (store_a, store_b) = (store("alice"), store("bob"));
        let (a, b) = tokio::join!(alice.run(&store_a), bob.run(&store_b));
        let lost = |lines: &Vec<String>| lines.last().unwrap().starts_with(&format!("OK [MODIFIED {uid}]"));
        assert_ne!(lost(&a), lost(&b), "{a:?} {b:?}");
        let (winner, loser) = if lost(&a) { ("bob", a) } else { ("alice", b) };
        // The loser is told who won before its tagged answer.
        assert!(loser.iter().any(|line| line.contains(&format!("bagsy-claim-{winner})"))), "{loser:?}");
        let flags = demo.post.look(|state| state.folder(&folder("INBOX")).unwrap().get(uid).unwrap().flags.clone());
        assert_eq!(flags.keywords, [format!("bagsy-claim-{winner}")]);
    }
}

#[tokio::test]
async fn a_store_that_changes_nothing_is_a_plain_ok() {
    let demo = quiet().await;
    deliver(&demo, 1);
    let mut alice = Raw::selected(&demo, "alice").await;
    let won = alice.ok("UID STORE 1 +FLAGS (Billing)").await;
    assert_eq!(won[0], "* 1 FETCH (UID 1 MODSEQ (3) FLAGS (Billing))");
    assert_eq!(alice.ok("UID STORE 1 +FLAGS (billing)").await, ["OK Store completed"]);
    assert_eq!(alice.ok("UID STORE 9 (UNCHANGEDSINCE 1) +FLAGS (x)").await, ["OK Store completed"]);
    assert_eq!(alice.ok("UID STORE 1 -FLAGS.SILENT (BILLING)").await[0], "* 1 FETCH (UID 1 MODSEQ (4))");
    let whole = alice.ok("UID STORE 1 (UNCHANGEDSINCE 4) FLAGS (a \\Seen)").await;
    assert_eq!(whole[0], "* 1 FETCH (UID 1 MODSEQ (5) FLAGS (\\Seen a))");
}

#[tokio::test]
async fn what_the_rights_forbid_is_an_ok_that_does_nothing_and_moves_are_refused() {
    let demo = quiet().await;
    deliver(&demo, 1);
    demo.post.change(|state| state.set_rights(&login("carol"), demo::MAILBOX, None, "lrs"));
    let mut carol = Raw::selected(&demo, "carol").await;
    let select = carol.ok(&format!("SELECT {ROOT}")).await.join("\n");
    assert!(select.contains("[PERMANENTFLAGS (\\Seen)]"), "{select}");
    assert_eq!(carol.ok("UID STORE 1 +FLAGS (bagsy-claim-carol)").await, ["OK Store completed"]);
    assert!(carol.ok("UID STORE 1 +FLAGS (VIP \\Seen)").await[0].contains("FLAGS (\\Seen)"));
    assert!(carol.end(&format!("UID MOVE 1 {ROOT}/Archive")).await.starts_with("NO [NOPERM]"));
    assert!(carol.end(&format!("APPEND {ROOT}/Sent {{3+}}\r\nabc")).await.starts_with("NO [NOPERM]"));
    demo.post.change(|state| state.set_rights(&login("carol"), demo::MAILBOX, None, ""));
    assert!(carol.end(&format!("SELECT {ROOT}")).await.starts_with("NO [NONEXISTENT]"));
}

#[tokio::test]
async fn an_idle_listener_is_told_of_mail_flags_and_expunges() {
    let demo = quiet().await;
    deliver(&demo, 2);
    let mut alice = Raw::selected(&demo, "alice").await;
    let mut bob = Raw::selected(&demo, "bob").await;
    assert!(alice.reply("i IDLE").await.starts_with('+'));
    bob.ok("UID STORE 2 +FLAGS (bagsy-claim-bob)").await;
    assert_eq!(alice.line().await, "* 2 FETCH (UID 2 MODSEQ (4) FLAGS (bagsy-claim-bob))");
    deliver(&demo, 1);
    assert_eq!(alice.line().await, "* 3 EXISTS");
    let moved = bob.ok(&format!("UID MOVE 1:2 {ROOT}/Archive")).await;
    assert!(moved.iter().any(|line| line.starts_with("* OK [COPYUID") && line.contains(" 1:2 1:2]")), "{moved:?}");
    assert_eq!([alice.line().await, alice.line().await], ["* 2 EXPUNGE", "* 1 EXPUNGE"]);
    assert_eq!(alice.reply("DONE").await, "i OK Idle completed");
    assert!(has_flag(&demo, "Archive", 2, "bagsy-claim-bob"));
}

#[tokio::test]
async fn no_sequence_number_changes_under_a_command_that_counts_by_them() {
    let demo = quiet().await;
    deliver(&demo, 3);
    let mut alice = Raw::selected(&demo, "alice").await;
    demo.post.change(|state| state.folder_mut(&folder("INBOX")).unwrap().expunge(&[1].into()));
    let lines = alice.ok("FETCH 1:3 (UID)").await;
    assert_eq!(lines[..2], ["* 2 FETCH (UID 2)", "* 3 FETCH (UID 3)"]);
    assert!(lines[2].starts_with("OK [EXPUNGEISSUED]"));
    assert!(alice.ok("STORE 2 +FLAGS.SILENT (x)").await.iter().all(|line| !line.contains("EXPUNGE")));
    assert_eq!(alice.ok("NOOP").await[0], "* 1 EXPUNGE");
    assert_eq!(alice.ok("FETCH 1 (UID)").await[0], "* 1 FETCH (UID 2)");
}

#[tokio::test]
async fn an_append_is_told_by_uid_and_found_by_search() {
    let demo = quiet().await;
    let mut alice = Raw::selected(&demo, "alice").await;
    let asked = alice.reply(&format!("a APPEND {ROOT}/Sent ($SubmitPending \\Seen) {{38}}")).await;
    assert!(asked.starts_with('+'));
    let end = alice.reply("Message-ID: <new@example.test>\r\n\r\ntext").await;
    assert!(end.starts_with("a OK [APPENDUID ") && end.contains(" 1] "), "{end}");
    alice.ok(&format!("SELECT {ROOT}/Sent")).await;
    assert_eq!(alice.ok("UID SEARCH HEADER Message-ID <new@example.test>").await[0], "* SEARCH 1");
    assert_eq!(alice.ok("UID SEARCH KEYWORD $submitpending UNSEEN").await[0], "* SEARCH");
    assert!(alice.end(&format!("APPEND {ROOT}/Nowhere {{1+}}\r\nx")).await.starts_with("NO [TRYCREATE]"));
    alice.ok(&format!("CREATE {ROOT}/Bagsy")).await;
    alice.ok(&format!("SUBSCRIBE {ROOT}/Bagsy")).await;
    assert!(alice.end(&format!("CREATE {ROOT}/Bagsy")).await.starts_with("NO [ALREADYEXISTS]"));
}

#[tokio::test]
async fn changed_since_tells_only_what_changed() {
    let demo = quiet().await;
    deliver(&demo, 3);
    let mut alice = Raw::selected(&demo, "alice").await;
    let mut bob = Raw::selected(&demo, "bob").await;
    bob.ok("UID STORE 2 +FLAGS (VIP)").await;
    let lines = alice.ok("UID FETCH 1:* (FLAGS) (CHANGEDSINCE 4)").await;
    assert_eq!(lines, ["* 2 FETCH (UID 2 FLAGS (VIP) MODSEQ (5))", "OK Fetch completed"]);
}

#[tokio::test]
async fn reading_without_peek_marks_as_seen_and_a_private_seen_stays_ones_own() {
    let demo = quiet().await;
    deliver(&demo, 2);
    let mut alice = Raw::selected(&demo, "alice").await;
    assert!(alice.ok("UID FETCH 1 BODY[TEXT]").await[0].ends_with("Text 1\r\n FLAGS (\\Seen))"));
    demo.faults.switch(|switches| switches.private_seen = true);
    let mut bob = Raw::selected(&demo, "bob").await;
    assert!(alice.ok("UID STORE 2 +FLAGS (\\Seen)").await[0].contains("FLAGS (\\Seen)"));
    // MODSEQ moves for everybody, as on Dovecot.
    assert_eq!(bob.ok("NOOP").await[0], "* 2 FETCH (UID 2 MODSEQ (5) FLAGS ())");
}

#[tokio::test]
async fn capabilities_go_with_their_switches() {
    let demo = quiet().await;
    deliver(&demo, 1);
    demo.faults.switch(|s| (s.no_condstore, s.no_idle, s.no_acl, s.no_keywords) = (true, true, true, true));
    let mut alice = Raw::connect(demo.imap_addr).await;
    let capability = &alice.ok("CAPABILITY").await[0];
    assert!(!["CONDSTORE", "IDLE", "ACL"].iter().any(|name| capability.contains(name)), "{capability}");
    alice.ok("LOGIN alice@example.test demo").await;
    let select = alice.ok(&format!("SELECT {ROOT}")).await.join("\n");
    assert!(select.contains("[NOMODSEQ]") && !select.contains("\\*"), "{select}");
    for refused in ["IDLE", "MYRIGHTS INBOX", "UID STORE 1 (UNCHANGEDSINCE 9) +FLAGS (x)", "UID FETCH 1 (MODSEQ)"] {
        assert!(alice.end(refused).await.starts_with("BAD"), "{refused}");
    }
    assert_eq!(alice.ok("UID STORE 1 +FLAGS (x)").await, ["OK Store completed"]);
}

#[tokio::test]
async fn quirks_of_real_servers_can_be_had() {
    let demo = quiet().await;
    deliver(&demo, 1);
    let mut alice = Raw::selected(&demo, "alice").await;
    let mut bob = Raw::selected(&demo, "bob").await;
    demo.faults.switch(|s| (s.lets_racers_through, s.modified_is_no) = (true, true));
    // Both keywords are new in the folder and nothing changed in between: both racers are let through.
    for (racer, who) in [(&mut alice, "alice"), (&mut bob, "bob")] {
        racer.ok(&format!("UID STORE 1 (UNCHANGEDSINCE 2) +FLAGS (bagsy-claim-{who})")).await;
    }
    assert!(has_flag(&demo, "INBOX", 1, "bagsy-claim-alice") && has_flag(&demo, "INBOX", 1, "bagsy-claim-bob"));
    let end = alice.end("UID STORE 1 (UNCHANGEDSINCE 2) +FLAGS (bagsy-claim-alice)").await;
    assert!(end.starts_with("NO [MODIFIED 1]"), "{end}");
    demo.faults.switch(|s| s.idle_delay = Duration::from_millis(60));
    assert!(alice.reply("i IDLE").await.starts_with('+'));
    // What the STOREs above changed is known; from now on it takes its time.
    bob.ok("UID STORE 1 +FLAGS (\\Seen)").await;
    let begun = std::time::Instant::now();
    assert!(alice.line().await.contains("\\Seen"));
    assert!(begun.elapsed() > Duration::from_millis(20));
    bob.ok("UID STORE 1 -FLAGS (\\Seen)").await;
    let lines = [alice.reply("DONE").await, alice.line().await];
    assert!(!lines[0].contains("\\Seen") && lines[1] == "i OK Idle completed", "{lines:?}");
}

#[tokio::test]
async fn faults_cut_swallow_refuse_and_inject() {
    let demo = quiet().await;
    deliver(&demo, 1);
    let mut alice = Raw::selected(&demo, "alice").await;
    demo.faults.once("NOOP", Effect::Refuse("NO [UNAVAILABLE] later".into()));
    assert_eq!(alice.end("NOOP").await, "NO [UNAVAILABLE] later");
    demo.faults.once("NOOP", Effect::Inject(b"* 1 FETCH (\xff odd\r\n".to_vec()));
    assert_eq!(alice.ok("NOOP").await.len(), 2);
    demo.faults.once("UID FETCH", Effect::HugeLiteral(100_000));
    assert!(alice.ok("UID FETCH 1 (UID)").await[0].len() > 100_000);
    demo.faults.once("APPEND", Effect::Swallow);
    alice.send(&format!("s APPEND {ROOT}/Sent {{3+}}\r\nabc\r\n")).await;
    assert_eq!(alice.ok("NOOP").await, ["OK NOOP completed"]);
    assert_eq!(demo.post.look(|state| state.folder(&folder("Sent")).unwrap().messages().len()), 1);
    demo.faults.rule("UID STORE", Some(&login("alice")), 0, Some(1), Effect::DropAfter);
    let mut bob = Raw::selected(&demo, "bob").await;
    bob.ok("UID STORE 1 +FLAGS (bobs)").await;
    assert!(alice.run("UID STORE 1 +FLAGS (kept)").await.is_empty());
    assert!(has_flag(&demo, "INBOX", 1, "kept"));
    demo.faults.once("UID STORE", Effect::DropBefore);
    assert!(bob.run("UID STORE 1 +FLAGS (lost)").await.is_empty());
    assert!(!has_flag(&demo, "INBOX", 1, "lost"));
}

#[tokio::test]
async fn a_session_ends_when_its_folder_is_another_or_all_are_cut() {
    let demo = quiet().await;
    deliver(&demo, 1);
    let mut carol = Raw::selected(&demo, "carol").await;
    demo.post.change(|state| state.change_uid_validity(&folder("INBOX")));
    assert!(carol.run("NOOP").await[0].starts_with("* BYE"));
    let mut carol = Raw::selected(&demo, "carol").await;
    demo.faults.disconnect_all();
    assert_eq!(carol.line().await, "");
}

#[tokio::test]
async fn a_literal_that_is_too_big_is_refused_before_it_is_read() {
    let demo = quiet().await;
    let mut stranger = Raw::connect(demo.imap_addr).await;
    assert!(stranger.end("LOGIN {5000}").await.starts_with("NO [TOOBIG]"));
    assert!(stranger.end("LOGIN alice@example.test demo").await.starts_with("OK"));
    assert!(stranger.end("APPEND INBOX {4000000000+}").await.starts_with("NO [TOOBIG]"));
    assert_eq!(stranger.line().await, "");
}

#[tokio::test]
async fn async_imap_signs_in_reads_claims_and_idles() {
    use futures::TryStreamExt;
    let demo = quiet().await;
    deliver(&demo, 3);
    let stream = TcpStream::connect(demo.imap_addr).await.unwrap();
    let mut client = async_imap::Client::new(stream);
    client.read_response().await.unwrap();
    let mut session = client.login(login("alice"), "demo").await.map_err(|(error, _)| error).unwrap();
    let selected = session.select_condstore(ROOT).await.unwrap();
    assert_eq!((selected.exists, selected.uid_next, selected.highest_modseq), (3, Some(4), Some(4)));
    let names: Vec<_> = session.list(Some(""), Some("shared/*")).await.unwrap().try_collect().await.unwrap();
    assert_eq!(names.len(), 6);
    let items = "(UID FLAGS MODSEQ INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS (SUBJECT)])";
    let mails: Vec<_> = session.uid_fetch("1:*", items).await.unwrap().try_collect().await.unwrap();
    assert_eq!(mails.len(), 3);
    assert_eq!(mails[2].envelope().unwrap().subject.as_deref(), Some(&b"Mail 3"[..]));
    assert_eq!(mails[2].header().unwrap(), b"Subject: Mail 3\r\n\r\n");
    assert!(mails[2].bodystructure().is_some() && mails[2].internal_date().is_some());
    let store = session.uid_store("2", "(UNCHANGEDSINCE 4) +FLAGS (VIP)").await.unwrap();
    let stored: Vec<_> = store.try_collect().await.unwrap();
    assert_eq!((stored.len(), stored[0].modseq), (1, Some(5)));
    let mut idle = session.idle();
    idle.init().await.unwrap();
    let (news, stop) = idle.wait_with_timeout(Duration::from_secs(5));
    deliver(&demo, 1);
    assert!(matches!(news.await.unwrap(), async_imap::extensions::idle::IdleResponse::NewData(_)));
    drop(stop);
    let mut session = idle.done().await.unwrap();
    session.uid_mv("1:2", format!("{ROOT}/Archive")).await.unwrap();
    session.logout().await.unwrap();
    assert_eq!(demo.post.look(|state| state.folder(&folder("Archive")).unwrap().messages().len()), 2);
}

/// Signs in to the submission server as this person.
async fn submit(demo: &Demo, name: &str) -> Raw {
    use base64::Engine as _;
    let mut smtp = Raw::connect(demo.smtp_addr).await;
    assert_eq!(smtp.reply("MAIL FROM:<support@example.test>").await, "530 5.7.0 Authentication required");
    smtp.send("EHLO [127.0.0.1]\r\n").await;
    while smtp.line().await.starts_with("250-") {}
    let words = base64::engine::general_purpose::STANDARD.encode(format!("\0{}\0demo", login(name)));
    assert!(smtp.reply(&format!("AUTH PLAIN {words}")).await.starts_with("235"));
    smtp
}

#[tokio::test]
async fn submission_keeps_what_was_sent_and_refuses_foreign_senders_at_rcpt() {
    let demo = quiet().await;
    demo.post.change(|state| state.set_may_send_as(&login("carol"), demo::MAILBOX, false));
    let mut carol = submit(&demo, "carol").await;
    assert!(carol.reply("MAIL FROM:<support@example.test> BODY=8BITMIME SIZE=100").await.starts_with("250"));
    assert_eq!(
        carol.reply("RCPT TO:<dana@reyes.example>").await,
        "553 5.7.1 <support@example.test>: Sender address rejected: not owned by user carol@example.test"
    );
    let mut alice = submit(&demo, "alice").await;
    alice.reply("MAIL FROM:<support@example.test>").await;
    assert!(alice.reply("RCPT TO:<nobody@example.test>").await.starts_with("550 5.1.1"));
    assert!(alice.reply("RCPT TO:<dana@reyes.example>").await.starts_with("250"));
    assert!(alice.reply("RCPT TO:<bob@example.test>").await.starts_with("250"));
    assert!(alice.reply("DATA").await.starts_with("354"));
    assert!(alice.reply("Subject: x\r\n\r\n..dot\r\n.").await.starts_with("250 2.0.0 Ok: queued as"));
    demo.post.look(|state| {
        let [sent] = state.outgoing() else { panic!() };
        assert_eq!((sent.login.as_str(), sent.from.as_str()), ("alice@example.test", "support@example.test"));
        assert_eq!(sent.raw, b"Subject: x\r\n\r\n.dot\r\n");
        assert_eq!(state.folder(&FolderName::new(&login("bob"), "INBOX")).unwrap().messages().len(), 1);
    });
    assert!(alice.reply("QUIT").await.starts_with("221"));
}

#[tokio::test]
async fn login_is_asked_for_in_two_steps() {
    let demo = quiet().await;
    let mut smtp = Raw::connect(demo.smtp_addr).await;
    assert_eq!(smtp.reply("AUTH LOGIN").await, "334 VXNlcm5hbWU6");
    assert_eq!(smtp.reply("YWxpY2VAZXhhbXBsZS50ZXN0").await, "334 UGFzc3dvcmQ6");
    assert!(smtp.reply("d3Jvbmc=").await.starts_with("535 5.7.8"));
}

#[tokio::test]
async fn a_text_cut_after_its_last_dot_was_taken_and_one_cut_before_or_refused_was_not() {
    let demo = quiet().await;
    let refusal = Effect::Refuse("451 4.7.1 later".into());
    for (effect, reply) in [(Effect::DropAfter, ""), (Effect::DropBefore, ""), (refusal, "451 4.7.1 later")] {
        demo.faults.once("SMTP .", effect);
        let mut alice = submit(&demo, "alice").await;
        alice.reply("MAIL FROM:<help@example.test>").await;
        alice.reply("RCPT TO:<dana@reyes.example>").await;
        alice.reply("DATA").await;
        assert_eq!(alice.reply("Subject: x\r\n\r\nx\r\n.").await, reply);
        assert_eq!(demo.post.look(|state| state.outgoing().len()), 1);
    }
}
