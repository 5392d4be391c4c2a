//! The real submission server of the tests enforces who may send as whom, and the customer's side keeps what it got.

mod support;

use std::sync::OnceLock;

use support::certs::Cert;
use support::dovecot::{Dovecot, Options, PASSWORD};
use support::process::is_root;
use support::smtp_client::{Client, Protection};
use support::submission::Submission;

fn servers() -> &'static (Dovecot, Submission) {
    static SERVERS: OnceLock<(Dovecot, Submission)> = OnceLock::new();
    SERVERS.get_or_init(|| {
        let dovecot = Dovecot::with(Options { oauth2: true, ..Options::default() });
        let submission = Submission::start(&dovecot);
        (dovecot, submission)
    })
}

fn signed_in(submission: &Submission, user: &str) -> Client {
    let mut client = Client::connect("localhost", submission.starttls_port, Protection::StartTls).expect("STARTTLS");
    let reply = client.auth(user, PASSWORD);
    assert!(reply.starts_with("235"), "{user}: {reply}");
    client
}

#[test]
fn as_root_it_is_postfix() {
    assert_eq!(servers().1.is_postfix(), is_root());
}

#[test]
fn who_may_send_as_the_mailbox_reaches_the_customer_and_who_may_not_is_refused_at_rcpt() {
    let (dovecot, submission) = servers();
    let team = dovecot.team();
    let support = team.mailbox();
    let customer = format!("carla.{}@customer.example", team.domain);

    let mut carol = signed_in(submission, &team.user("carol"));
    assert!(carol.command(&format!("MAIL FROM:<{support}>")).starts_with("250"));
    let reply = carol.command(&format!("RCPT TO:<{customer}>"));
    let refusal = format!("<{support}>: Sender address rejected: not owned by user carol@{}", team.domain);
    assert!(reply.starts_with("553 5.7.1 ") && reply.ends_with(&refusal), "{reply}");

    let mut alice = signed_in(submission, &team.user("alice"));
    for sender in [&support, &team.user("help"), &team.user("alice")] {
        assert!(alice.command(&format!("MAIL FROM:<{sender}>")).starts_with("250"));
        assert!(alice.command(&format!("RCPT TO:<{customer}>")).starts_with("250"), "{sender}");
        assert!(alice.command("RSET").starts_with("250"));
    }
    assert!(alice.command(&format!("MAIL FROM:<{support}>")).starts_with("250"));
    assert!(alice.command(&format!("RCPT TO:<{customer}>")).starts_with("250"));
    let message = format!("From: {support}\r\nTo: {customer}\r\nSubject: Re: x\r\n\r\n.dot\r\nend\r\n");
    let reply = alice.data(message.as_bytes());
    assert!(reply.starts_with("250"), "{reply}");

    let mail = submission.sink.wait_for_mail_to(&customer);
    assert_eq!((mail.from.as_str(), mail.to.as_slice()), (support.as_str(), &[customer][..]));
    assert_eq!(mail.header("from").as_deref(), Some(support.as_str()));
    assert!(mail.header("received").is_some());
    assert_eq!(mail.body(), ".dot\r\nend\r\n");
}

#[test]
fn mail_to_a_team_goes_to_its_mailbox() {
    let (dovecot, submission) = servers();
    let team = dovecot.team();
    let mut listener = team.in_inbox("bob");
    let tag = listener.begin_idle();
    let mut alice = signed_in(submission, &team.user("alice"));
    alice.command(&format!("MAIL FROM:<{}>", team.user("alice")));
    assert!(alice.command(&format!("RCPT TO:<{}>", team.mailbox())).starts_with("250"));
    let reply = alice.data(b"Subject: inside\r\n\r\nHello\r\n");
    assert!(reply.starts_with("250"), "{reply}");
    listener.wait_for_push(std::time::Duration::from_secs(10), |l| l.ends_with(" EXISTS"));
    listener.end_idle(&tag);
    assert_eq!(listener.search("SUBJECT inside").len(), 1);
}

#[test]
fn recipients_are_refused_as_asked_for_until_they_are_not() {
    let (dovecot, submission) = servers();
    let team = dovecot.team();
    let recipient = "greylisted+1@customer.example";
    for (reply, wanted) in [
        (Some("451 4.7.1 Greylisted, come again"), "451 4.7.1"),
        (Some("550 5.1.1 User unknown"), "550 5.1.1"),
        (None, "250"),
    ] {
        submission.refuse(recipient, reply);
        let mut alice = signed_in(submission, &team.user("alice"));
        alice.command(&format!("MAIL FROM:<{}>", team.mailbox()));
        let got = alice.command(&format!("RCPT TO:<{recipient}>"));
        assert!(got.starts_with(wanted), "{wanted}: {got}");
        assert!(alice.command("RCPT TO:<other@customer.example>").starts_with("250"));
    }
}

#[test]
fn a_password_is_asked_for_after_tls_only_and_a_wrong_one_is_refused() {
    let (dovecot, submission) = servers();
    let alice = dovecot.team().user("alice");
    for (port, protection, wanted) in [
        (submission.starttls_port, Protection::StartTls, "235"),
        (submission.tls_port, Protection::Implicit, "235"),
        (submission.plain_port, Protection::None, "235"),
    ] {
        let mut client = Client::connect("localhost", port, protection).expect("a connection");
        let reply = client.auth(&alice, PASSWORD);
        assert!(reply.starts_with(wanted), "{protection:?}: {reply}");
        let mut client = Client::connect("localhost", port, protection).expect("a connection");
        let reply = client.auth(&alice, "wrong");
        assert!(reply.starts_with("535 5.7.8"), "{protection:?}: {reply}");
    }
    let mut client = Client::connect("localhost", submission.starttls_port, Protection::None).expect("a connection");
    let hello = client.command("EHLO [127.0.0.1]");
    assert!(hello.contains("STARTTLS"), "{hello}");
    if submission.is_postfix() {
        assert!(!hello.contains("AUTH"), "{hello}");
    }
}

#[test]
fn an_access_token_signs_in() {
    let (dovecot, submission) = servers();
    let alice = dovecot.team().user("alice");
    let token = dovecot.tokens().issue(&alice);
    let words = data_encoding::BASE64.encode(format!("user={alice}\x01auth=Bearer {token}\x01\x01").as_bytes());
    let mut client = Client::connect("localhost", submission.tls_port, Protection::Implicit).expect("TLS");
    let reply = client.command(&format!("AUTH XOAUTH2 {words}"));
    assert!(reply.starts_with("235"), "{reply}");
}

#[test]
fn certificates_are_wrong_as_asked_for() {
    let (_, submission) = servers();
    for (cert, complaint) in [(Cert::WrongHost, "NotValidForName"), (Cert::Expired, "Expired")] {
        for (port, protection) in
            [(submission.tls_port, Protection::Implicit), (submission.starttls_port, Protection::StartTls)]
        {
            let answer = Client::connect(cert.address(), port, protection).map(|_| ());
            let error = format!("{:?}", answer.expect_err("a bad certificate"));
            assert!(error.contains(complaint), "{cert:?}: {error}");
        }
    }
}
