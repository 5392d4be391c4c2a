//! The files: who may read them, what happens to a bad one, and that no word a person wrote is lost by it.

mod store_common;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use bagsy::model::*;
use bagsy::store::{Desk, Error, Found, Laid, NewItem, OutboxState, Reader, Writer, Writing, desk_of, set_aside};
use jiff::Timestamp;
use store_common::*;

fn item() -> NewItem {
    NewItem {
        mailbox: SUPPORT.into(),
        root: "a".into(),
        answered: "a".into(),
        message_id: "r@example.test".into(),
        from: SUPPORT.into(),
        recipients: vec!["carla@customer.test".into()],
        subject: "Re: About a".into(),
        message: b"Subject: Re: About a\r\n\r\nHello\r\n".to_vec(),
        stage: "fixed".into(),
        state: OutboxState::Held,
        hold_until: Some(at(10)),
        after: Some(Status::Done),
        draft: "Hello".into(),
        takes_draft: None,
    }
}

/// Keeps a text in an answer to `a`.
fn write(desk: &Desk, hand: &str, content: &str, found: Option<&Found>) -> Laid {
    desk.draft_put(&Writing { mailbox: SUPPORT, root: "a", content, hand, found }).unwrap()
}

/// The text in hand there.
fn in_hand(desk: &Desk) -> Option<String> {
    desk.draft(SUPPORT, "a").unwrap().map(|draft| draft.content)
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn nobody_else_can_read_any_of_the_files() {
    let mut cache = Cache::new();
    cache.add(vec![mail(1, "a", "")]);
    write(cache.writer.desk(), "one", "secret", None);
    let folder = cache.path().parent().unwrap().to_owned();
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{file:?}");
    }
}

#[test]
fn a_reader_finds_nothing_before_anything_was_cached() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Reader::open(&folder.path().join("none.sqlite"));
    assert!(matches!(missing, Err(Error::Missing { .. })));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_damaged_cache_is_set_aside_and_what_was_written_stays() {
    let mut cache = Cache::new();
    let path = cache.path();
    cache.add((1..200).map(|n| mail(n, &format!("m{n}"), "")).collect());
    write(cache.writer.desk(), "one", "half a sentence", None);
    cache.writer.desk().outbox_put(&item()).unwrap();
    let Cache { writer, folder: _folder } = cache;
    drop(writer);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.iter_mut().take(4096).for_each(|byte| *byte = 0x5a);
    std::fs::write(&path, bytes).unwrap();

    let error = Writer::open(&path, None).unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
    assert!(error.can_be_set_aside());
    let aside = set_aside(&path, at(0)).unwrap().unwrap();
    assert!(aside.exists() && !path.exists());
    assert_eq!(set_aside(&path, at(0)).unwrap(), None, "another process did it already");

    let writer = Writer::open(&path, None).unwrap();
    assert_eq!(writer.mailboxes().unwrap(), []);
    assert_eq!(writer.desk().draft(SUPPORT, "a").unwrap().unwrap().content, "half a sentence");
    assert_eq!(writer.desk().outbox_list().unwrap().len(), 1);
    assert_eq!(set_aside(&path, at(0)).unwrap(), None, "a good cache stays where it is");
}

#[test]
fn damage_in_the_middle_is_noticed_when_it_is_met() {
    let mut cache = Cache::new();
    let path = cache.path();
    cache.add((1..400).map(|n| mail(n, &format!("m{n}"), "")).collect());
    let Cache { writer, folder: _folder } = cache;
    drop(writer);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.iter_mut().skip(8192).for_each(|byte| *byte = 0xff);
    std::fs::write(&path, bytes).unwrap();
    let error = Reader::open(&path).and_then(|reader| reader.thread(SUPPORT, "m7")).unwrap_err();
    assert!(error.can_be_set_aside(), "{error}");
    assert!(set_aside(&path, at(0)).unwrap().is_some());
}

#[test]
fn a_newer_cache_is_not_touched_and_can_be_set_aside_a_newer_desk_cannot() {
    let cache = Cache::new();
    let path = cache.path();
    let newer = |path: &Path| {
        let file = rusqlite::Connection::open(path).unwrap();
        file.pragma_update(None, "user_version", 99).unwrap();
    };
    newer(&path);
    let error = Writer::open(&path, None).unwrap_err();
    assert!(matches!(error, Error::Newer { found: 99, .. }) && error.can_be_set_aside(), "{error}");
    assert!(matches!(Reader::open(&path), Err(Error::Newer { .. })));
    set_aside(&path, at(0)).unwrap().unwrap();
    newer(&desk_of(&path));
    let error = Writer::open(&path, None).unwrap_err();
    assert!(matches!(error, Error::Newer { .. }) && !error.can_be_set_aside(), "{error}");
}

#[test]
fn a_folder_with_ids_that_no_header_carries_is_read_anew_by_a_version_that_names_them() {
    let mut cache = Cache::new();
    cache.add(vec![mail(1, "a", ""), mail(2, "b\u{fc}ro", "")]);
    let sent = Message { folder: Role::Sent, ..mail(3, "c", "a") };
    cache.add(vec![sent]);
    let before = cache.reader().numbering(SUPPORT).unwrap();
    let file = rusqlite::Connection::open(cache.path()).unwrap();
    file.execute_batch(include_str!("../src/store/odd-ids.sql")).unwrap();
    let after = cache.reader().numbering(SUPPORT).unwrap();
    assert_eq!((after.inbox, after.sent), (Some(UidValidity(0)), before.sent));
    assert_ne!(before.inbox, after.inbox);
}

#[test]
fn rows_of_an_older_version_have_the_tags_of_archive_without_a_word_of_the_server() {
    let mut cache = Cache::new();
    let archived = Message { folder: Role::Archive, flags: flags("VIP \\Flagged"), ..mail(1, "a", "") };
    cache.add(vec![archived]);
    cache.add(vec![mail(2, "b", "a")]);
    let (path, told) = (cache.path(), cache.events());
    // As a version left it that had tags and urgency of INBOX alone.
    let file = rusqlite::Connection::open(&path).unwrap();
    file.execute_batch("UPDATE conversation SET tags = '', urgent = 0; PRAGMA user_version = 6;").unwrap();
    drop(file);
    let mut writer = Writer::open(&path, Some(&handle("alice"))).unwrap();
    writer.put_mailbox(&mailbox(SUPPORT), None).unwrap();
    let row = Reader::open(&path).unwrap().conversation(SUPPORT, "a").unwrap().unwrap();
    assert_eq!((row.folder, row.tags, row.urgent), (Role::Inbox, vec!["VIP".to_owned()], true));
    assert_eq!(cache.events(), told, "it is no news");
}

#[test]
fn another_programs_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.sqlite");
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE theirs (id INTEGER)").unwrap();
    assert!(matches!(Writer::open(&path, None), Err(Error::Corrupt { .. })));
    assert_eq!(other.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0)).unwrap(), 1);
}

#[test]
fn many_processes_open_a_new_cache_at_once() {
    let folder = tempfile::tempdir().unwrap();
    // Many files: between the mark and the tables of a file that another is making there is only a moment.
    for round in 0..40 {
        let path = folder.path().join(format!("{round}.sqlite"));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let mut writer = Writer::open(&path, Some(&handle("alice"))).unwrap();
                    Desk::open(&path).unwrap();
                    writer.put_mailbox(&mailbox(SUPPORT), None).unwrap();
                    assert_eq!(Reader::open(&path).unwrap().mailboxes().unwrap().len(), 1);
                });
            }
        });
    }
}

#[test]
fn readers_notice_what_other_processes_write() {
    let mut cache = Cache::new();
    let reader = cache.reader();
    let first = reader.data_version().unwrap();
    assert_eq!(reader.data_version().unwrap(), first);
    cache.add(vec![mail(1, "a", "")]);
    let second = reader.data_version().unwrap();
    assert_ne!(second, first);
    cache.writer.apply(SUPPORT, Role::Inbox, batch(), false).unwrap();
    cache.writer.put_mailbox(&mailbox(SUPPORT), None).unwrap();
    assert_eq!(reader.data_version().unwrap(), second, "what changes nothing wakes nobody");
    write(&Desk::open(&cache.path()).unwrap(), "one", "x", None);
    assert_ne!(reader.data_version().unwrap(), second);
}

#[test]
fn another_handle_of_mine_moves_mine_and_the_teams() {
    let mut cache = Cache::new();
    cache.add(vec![mail(1, "a", ""), mail(2, "b", "")]);
    cache.flag(Role::Inbox, 1, "bagsy-claim-alice");
    cache.flag(Role::Inbox, 2, "bagsy-claim-bob bagsy-claim-carol");
    let counts = |cache: &Cache| {
        let counts = cache.reader().counts(Some(SUPPORT)).unwrap();
        [View::Unclaimed, View::Mine, View::Team].map(|view| counts.get(view))
    };
    assert_eq!(counts(&cache), [0, 1, 1]);
    cache.writer = Writer::open(&cache.path(), Some(&handle("bob"))).unwrap();
    assert_eq!(counts(&cache), [0, 1, 1]);
    cache.writer = Writer::open(&cache.path(), None).unwrap();
    assert_eq!(counts(&cache), [0, 0, 2]);
}

#[test]
fn an_item_goes_through_the_outbox() {
    let cache = Cache::new();
    let desk = cache.writer.desk();
    let id = desk.outbox_put(&item()).unwrap();
    let stored = desk.outbox_get(id).unwrap().unwrap();
    assert_eq!((stored.state, stored.after, stored.hold_until), (OutboxState::Held, Some(Status::Done), Some(at(10))));
    assert_eq!(stored.recipients, ["carla@customer.test"]);
    assert_eq!(desk.outbox_message(id).unwrap().unwrap(), item().message);
    assert!(stored.since <= Timestamp::now());

    assert!(desk.outbox_let_go(id).unwrap());
    assert!(!desk.outbox_let_go(id).unwrap(), "only one gets it");
    assert!(!desk.outbox_take_back(id).unwrap(), "too late");
    assert!(desk.outbox_update(id, "smtp begun", OutboxState::Unknown, Some("no answer to DATA")).unwrap());
    let listed = cache.reader().outbox().unwrap().remove(0);
    assert_eq!((listed.stage.as_str(), listed.error.as_deref()), ("smtp begun", Some("no answer to DATA")));
    assert!(desk.outbox_remove(id).unwrap());
    assert!(!desk.outbox_update(id, "sent", OutboxState::Unsent, None).unwrap(), "nobody goes on with what is gone");
    assert!(desk.outbox_put(&item()).unwrap() > id, "a number is used once");
}

#[test]
fn what_comes_back_lies_beneath_the_draft_that_was_begun_meanwhile() {
    let cache = Cache::new();
    let desk = cache.writer.desk();
    write(desk, "one", "Hel", None);
    write(desk, "one", "Hello", None);
    assert_eq!(desk.drafts().unwrap().len(), 1);
    let id = desk.outbox_put(&NewItem { takes_draft: Some("one".into()), ..item() }).unwrap();
    assert_eq!(in_hand(desk), None, "it is in the outbox instead");
    write(desk, "two", "Another thought", None);
    assert!(desk.outbox_take_back(id).unwrap());
    assert_eq!(desk.outbox_list().unwrap(), []);
    assert_eq!(cache.reader().drafts().unwrap()[0].content, "Another thought");
    // It is open on the screen, and kept once more.
    assert_eq!(write(desk, "two", "Another thought, written on", None), Laid::InPlace);
    assert!(desk.draft_remove("two", None).unwrap());
    assert_eq!(in_hand(desk).as_deref(), Some("Hello"));
    assert_eq!(desk.draft(SUPPORT, "").unwrap(), None);
}

#[test]
fn what_was_typed_and_not_kept_yet_is_laid_above_what_came_back() {
    let cache = Cache::new();
    let desk = cache.writer.desk();
    let id = desk.outbox_put(&item()).unwrap();
    assert!(desk.outbox_to_draft(id, None).unwrap());
    assert_eq!(write(desk, "two", "Another thou", None), Laid::InPlace);
    write(desk, "two", "Another thought", None);
    assert_eq!(in_hand(desk).as_deref(), Some("Another thought"));
    assert!(desk.draft_remove("two", None).unwrap());
    assert_eq!(in_hand(desk).as_deref(), Some("Hello"));
}

#[test]
fn two_who_go_on_with_one_draft_never_overwrite_each_other() {
    let cache = Cache::new();
    let desk = cache.writer.desk();
    let found = || {
        let draft = desk.draft(SUPPORT, "a").unwrap().unwrap();
        Found { hand: draft.hand, saved_at: draft.saved_at }
    };
    write(desk, "yesterday", "Dear Dana", None);
    let (first, second) = (found(), found());
    assert_eq!(write(desk, "first", "Dear Dana, unplug it", Some(&first)), Laid::InPlace);
    assert_eq!(write(desk, "second", "Dear Dana, wait", Some(&second)), Laid::Apart);
    write(desk, "first", "Dear Dana, unplug it now", Some(&first));
    write(desk, "second", "Dear Dana, wait for us", Some(&second));
    let texts = || desk.drafts().unwrap().into_iter().map(|draft| draft.content).collect::<Vec<_>>();
    assert_eq!(texts(), ["Dear Dana, wait for us", "Dear Dana, unplug it now"]);

    // What one sends or throws away is its own, and never the other's.
    desk.outbox_put(&NewItem { takes_draft: Some("first".into()), ..item() }).unwrap();
    assert_eq!(texts(), ["Dear Dana, wait for us"]);
    let gone_on_with = found();
    write(desk, "second", "Dear Dana, wait for us.", Some(&second));
    assert!(!desk.draft_remove("third", Some(&gone_on_with)).unwrap(), "it was written on since");
    assert!(desk.draft_remove("third", Some(&found())).unwrap());
    assert_eq!(texts(), [""; 0]);
}

#[test]
fn a_draft_of_an_older_version_is_gone_on_with() {
    let cache = Cache::new();
    let path = cache.path();
    drop(cache.writer);
    let file = rusqlite::Connection::open(desk_of(&path)).unwrap();
    let older = "DROP INDEX draft_by_hand; ALTER TABLE draft DROP COLUMN hand; PRAGMA user_version = 2;
                 INSERT INTO draft (mailbox, root, content, saved_at) VALUES ('support@example.test', 'a', 'Dear Dana', 7),
                     ('support@example.test', 'b', 'Dear Lee', 8)";
    file.execute_batch(older).unwrap();
    drop(file);
    let desk = Desk::open(&path).unwrap();
    let draft = desk.draft(SUPPORT, "a").unwrap().unwrap();
    let found = Found { hand: draft.hand, saved_at: draft.saved_at };
    assert_eq!(write(&desk, "one", "Dear Dana, unplug it", Some(&found)), Laid::InPlace);
    assert_eq!(desk.drafts().unwrap().len(), 2);
}

#[test]
fn a_program_of_an_older_version_that_is_still_open_keeps_every_draft() {
    let cache = Cache::new();
    let path = cache.path();
    drop(cache.writer);
    let still_open = rusqlite::Connection::open(desk_of(&path)).unwrap();
    // As the version before left it.
    let before =
        "DROP INDEX draft_by_hand; CREATE UNIQUE INDEX draft_by_hand ON draft (hand); PRAGMA user_version = 3;";
    still_open.execute_batch(before).unwrap();
    let desk = Desk::open(&path).unwrap();
    for (root, saved_at) in [("a", 7), ("b", 8)] {
        let insert = "INSERT INTO draft (mailbox, root, content, saved_at) VALUES (?1, ?2, 'Dear Dana', ?3)";
        still_open.execute(insert, (SUPPORT, root, saved_at)).unwrap();
    }
    assert_eq!(desk.drafts().unwrap().len(), 2);
    let draft = desk.draft(SUPPORT, "a").unwrap().unwrap();
    let found = Found { hand: draft.hand, saved_at: draft.saved_at };
    assert_eq!(write(&desk, "one", "Dear Dana, unplug it", Some(&found)), Laid::InPlace);
    let texts: Vec<String> = desk.drafts().unwrap().into_iter().map(|d| d.content).collect();
    assert!(texts.contains(&"Dear Dana, unplug it".to_owned()) && texts.contains(&"Dear Dana".to_owned()), "{texts:?}");
}

#[test]
fn an_answer_that_fails_for_good_is_a_draft_again_whatever_its_state() {
    let cache = Cache::new();
    let desk = cache.writer.desk();
    let id = desk.outbox_put(&NewItem { state: OutboxState::Failed, ..item() }).unwrap();
    assert!(!desk.outbox_take_back(id).unwrap());
    assert!(desk.outbox_to_draft(id, None).unwrap());
    assert_eq!(in_hand(desk).as_deref(), Some("Hello"));
    assert!(!desk.outbox_to_draft(id, None).unwrap());
    assert_eq!(desk.drafts().unwrap().len(), 1);
}

#[test]
fn bodies_are_kept_until_room_is_needed_the_longest_unseen_first() {
    let mut cache = Cache::new();
    cache.add((1..=4).map(|n| mail(n, &format!("m{n}"), "")).collect());
    assert_eq!(cache.reader().bodies_wanted(SUPPORT, 10).unwrap().len(), 4);
    for n in 1..=3 {
        cache.writer.put_body(SUPPORT, Role::Inbox, Uid(n), &[b'x'; 1000], n != 2, "[]").unwrap();
    }
    cache.writer.put_body(SUPPORT, Role::Inbox, Uid(77), b"nobody's", true, "[]").unwrap();
    assert_eq!(cache.reader().bodies_wanted(SUPPORT, 10).unwrap(), [(Role::Inbox, Uid(4))]);
    assert!(!cache.reader().body(SUPPORT, Role::Inbox, Uid(2)).unwrap().unwrap().is_whole);
    cache.writer.touch_body(SUPPORT, Role::Inbox, Uid(1)).unwrap();
    assert_eq!(cache.writer.prune(10_000).unwrap(), 0);
    assert_eq!(cache.writer.prune(1500).unwrap(), 2);
    let left: Vec<u32> =
        (1..=4).filter(|n| cache.reader().body(SUPPORT, Role::Inbox, Uid(*n)).unwrap().is_some()).collect();
    assert_eq!(left, [1]);
}
