//! A server that refuses for a moment to tell which folders there are: nothing that was known is lost by that.

use std::sync::Arc;

use bagsy::config::{Config, Paths, Secrets};
use bagsy::demo::{self, Demo, Effect, Options};
use bagsy::engine::doctor::{self, Check, Verdict};
use bagsy::engine::{Cache, Link, Login};
use bagsy::model::{Mailbox, Role};
use tempfile::TempDir;

/// Alice's login at the demo's server, with a cache of its own, and this at the end of her configuration.
fn alice(demo: &Demo, home: &TempDir, rest: &str) -> (Arc<Login>, Cache) {
    let toml = format!(
        "[account.work]\nuser = {:?}\nimap = {{ host = \"127.0.0.1\", port = {}, tls = \"none\" }}\n\
         auth = {{ method = \"password\", command = \"echo {}\" }}\n{rest}",
        demo::login("alice"),
        demo.imap_addr.port(),
        demo.password,
    );
    let paths = Paths::under(home.path());
    let config = Config::parse(paths.config_file(), &toml).expect("a configuration");
    let mut logins = Login::all(&config, &paths, &Arc::new(Secrets::new(false))).expect("a login");
    let login = logins.pop().expect("one login");
    let cache = Cache::open(&login.cache, login.me().as_ref()).expect("a cache");
    (login, cache)
}

/// How many messages of INBOX are cached.
fn cached(cache: &Cache, mailbox: &Mailbox) -> usize {
    cache.reader().expect("a reader").known_uids(mailbox.key(), Role::Inbox).expect("the cache").len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mailbox_stays_found_while_the_server_refuses_to_list_it() {
    let demo = Demo::start(Options { has_sample_mail: true, ..Options::quiet() }).await.expect("a server");
    for configuration in ["", "[mailbox.\"support@example.test\"]\n"] {
        let home = tempfile::tempdir().expect("a home");
        let (login, cache) = alice(&demo, &home, configuration);
        let mut link = Link::open(&login, &cache).await.expect("signed in");
        let mailbox = link.discover().await.expect("the mailboxes").mailboxes.pop().expect("the mailbox");
        link.sync_mailbox(&mailbox).await.expect("a sync");
        let messages = cached(&cache, &mailbox);
        assert!(messages > 0 && mailbox.folder(Role::Sent).is_some());
        // Once refused, or for longer.
        for (command, times) in [("LIST", None), ("LIST", Some(1)), ("NAMESPACE", Some(1)), ("NAMESPACE", None)] {
            for word in ["NO [UNAVAILABLE] later", "BAD not now"] {
                let mut link = Link::open(&login, &cache).await.expect("signed in");
                demo.faults.rule(command, None, 0, times, Effect::Refuse(word.into()));
                let found = link.discover().await.expect("what is known");
                let told = format!("{configuration:?}: {command} {times:?} {word}: {found:?}");
                assert_eq!(
                    (found.mailboxes.as_slice(), found.closed.len()),
                    ([mailbox.clone()].as_slice(), 0),
                    "{told}"
                );
                demo.faults.clear();
                let known = cache.reader().expect("a reader").mailboxes().expect("the cache");
                assert_eq!(
                    (known.as_slice(), cached(&cache, &mailbox)),
                    ([mailbox.clone()].as_slice(), messages),
                    "{told}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_server_lists_no_longer_is_forgotten() {
    let demo = Demo::start(Options { has_sample_mail: true, ..Options::quiet() }).await.expect("a server");
    let home = tempfile::tempdir().expect("a home");
    let (login, cache) = alice(&demo, &home, "");
    let mut link = Link::open(&login, &cache).await.expect("signed in");
    let mailbox = link.discover().await.expect("the mailboxes").mailboxes.pop().expect("the mailbox");
    demo.post.change(|state| state.set_rights(&demo::login("alice"), demo::MAILBOX, None, ""));
    let mut link = Link::open(&login, &cache).await.expect("signed in");
    // Closed, and the server does not even list: it may be open again in a moment.
    demo.faults.once("LIST", Effect::Refuse("NO later".into()));
    let found = link.discover().await.expect("what is known");
    assert_eq!((found.mailboxes.len(), found.closed.len()), (0, 1), "{found:?}");
    assert_eq!(cache.reader().expect("a reader").mailboxes().expect("the cache"), [mailbox]);
    let found = link.discover().await.expect("what there is");
    assert_eq!((found.mailboxes.len(), found.closed.len()), (0, 0), "{found:?}");
    assert_eq!(cache.reader().expect("a reader").mailboxes().expect("the cache"), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_is_made_and_a_mailbox_is_examined_while_the_server_refuses_to_list() {
    let demo = Demo::start(Options { has_sample_mail: true, ..Options::quiet() }).await.expect("a server");
    let home = tempfile::tempdir().expect("a home");
    let (login, cache) = alice(&demo, &home, "");
    demo.post.change(|state| state.remove(&demo::folder("Sent")));
    let mut link = Link::open(&login, &cache).await.expect("signed in");
    let mailbox = link.discover().await.expect("the mailboxes").mailboxes.pop().expect("the mailbox");
    assert_eq!(mailbox.folder(Role::Sent), None);
    demo.faults.always("LIST", Effect::Refuse("NO [UNAVAILABLE] later".into()));
    let with_it = link.ensure_sent(&mailbox).await.expect("a Sent folder");
    assert_eq!(with_it.folder(Role::Sent), Some(format!("{}/Sent", mailbox.root).as_str()));
    let mut checks: Vec<Check> = Vec::new();
    doctor::examine(&login, None, &mut |check| checks.push(check)).await;
    let line = |what: &str| {
        let check = format!("{}: {what}", demo::MAILBOX);
        checks.iter().find(|c| c.check == check).unwrap_or_else(|| panic!("no {check}: {checks:#?}"))
    };
    assert_eq!(line("Sent").verdict, Verdict::Note);
    assert!(line("Sent").found.contains("later"), "{:?}", line("Sent"));
    // What comes after the folders is looked at.
    assert!(line("keywords").is_ok());
}
