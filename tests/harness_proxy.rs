//! The bad network of the tests is bad in the ways asked for.

mod support;

use std::time::{Duration, Instant};

use support::dovecot::{Dovecot, PASSWORD};
use support::imap_client::{Client, Word};
use support::proxy::Proxy;

const SOON: Duration = Duration::from_secs(5);

#[test]
fn a_command_is_held_before_and_an_answer_after_it_was_done() {
    let server = Dovecot::start();
    let team = server.team();
    let proxy = Proxy::to(server.imap_port);
    let mut client = Client::connect("127.0.0.1", proxy.port).login(&team.user("support"), PASSWORD);
    let folders = || team.owner().ok("LIST \"\" \"made*\"").untagged.len();

    let hold = proxy.hold_command("create");
    let tag = client.send("CREATE made1");
    hold.wait(SOON);
    assert_eq!(folders(), 0);
    hold.release();
    assert_eq!(client.finish(&tag).word, Word::Ok);
    assert_eq!(folders(), 1);

    let hold = proxy.hold_answer("OK Create");
    let tag = client.send("CREATE made2");
    hold.wait(SOON);
    assert_eq!(folders(), 2);
    hold.release();
    assert_eq!(client.finish(&tag).word, Word::Ok);
    assert!(proxy.sent().iter().any(|l| l.ends_with("CREATE made1")));

    let hold = proxy.hold_command("create");
    client.send("CREATE made3");
    hold.wait(SOON);
    proxy.cut();
    drop(hold);
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(folders(), 2);
    assert_eq!(proxy.opened(), 1);
}

#[test]
fn a_stalled_line_comes_through_later_and_a_slow_one_slower() {
    let server = Dovecot::start();
    let proxy = Proxy::to(server.imap_port);
    let mut client = Client::connect("127.0.0.1", proxy.port).login("someone@example.test", PASSWORD);
    proxy.set_stalled(true);
    let tag = client.send("NOOP");
    assert!(client.next_push(Duration::from_millis(300)).is_none());
    proxy.set_stalled(false);
    assert_eq!(client.finish(&tag).word, Word::Ok);
    proxy.set_delay(Duration::from_millis(100));
    let before = Instant::now();
    client.ok("NOOP");
    assert!(before.elapsed() >= Duration::from_millis(200));
    proxy.set_down(true);
    let refused = std::panic::catch_unwind(|| Client::connect("127.0.0.1", proxy.port));
    assert!(refused.is_err());
}
