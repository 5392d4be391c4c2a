//! A server that lost its index and made it anew counts its mod-sequences from the beginning: what changed is seen all the
//! same.

mod support;

use std::path::Path;

use bagsy::model::Role;
use support::device::Device;
use support::dovecot::{Dovecot, Options};
use support::mailgen::Mail;

fn remove_indexes(folder: &Path) -> usize {
    let mut removed = 0;
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.is_symlink() {
            removed += remove_indexes(&path);
        } else if entry.file_name().to_string_lossy().starts_with("dovecot.index") {
            std::fs::remove_file(&path).expect("removed");
            removed += 1;
        }
    }
    removed
}

#[test]
fn flags_are_read_anew_when_the_server_made_its_index_anew() {
    let server = Dovecot::with(Options::maildir());
    let team = server.team();
    let mail = Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), "Old", "It does not work.");
    let uid = team.append("INBOX", "", &mail.bytes());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut alice = runtime.block_on(Device::open(&team, "alice"));
    let mut owner = team.owner();
    owner.select("INBOX");
    for round in 0..20 {
        let sign = if round % 2 == 0 { '+' } else { '-' };
        owner.ok(&format!("UID STORE {uid} {sign}FLAGS (early)"));
    }
    runtime.block_on(alice.sync());
    owner.ok(&format!("UID STORE {uid} +FLAGS (early)"));
    // What is told by now: before anybody asked for mod-sequences in it, Dovecot says the folder's is 2.
    runtime.block_on(alice.sync());
    let known = alice.link.reader.folder(alice.mailbox.key(), Role::Inbox).expect("the cache");
    assert!(known.and_then(|f| f.highest_modseq).is_some_and(|n| n.0 > 20));
    let before = owner.modseq(uid).expect("a mod-sequence");
    owner.ok("LOGOUT");
    server.kick(&team.user("alice"));
    assert!(remove_indexes(server.folder()) > 0);

    let mut owner = team.owner();
    owner.select("INBOX");
    owner.ok(&format!("UID STORE {uid} +FLAGS (late)"));
    let after = owner.modseq(uid).expect("a mod-sequence");
    assert!(after < before, "the server counts on: {before}, then {after}");
    let seen = runtime.block_on(async {
        alice.link.reconnect().await.expect("connected");
        alice.listed(&mail.message_id).await.expect("the conversation")
    });
    assert_eq!(seen.tags, ["early", "late"]);
    // And from then on as always.
    owner.ok(&format!("UID STORE {uid} -FLAGS (early)"));
    let seen = runtime.block_on(alice.listed(&mail.message_id)).expect("the conversation");
    assert_eq!(seen.tags, ["late"]);
}
