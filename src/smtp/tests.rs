//! The client against a server that plays a script: what each step of a submission that goes wrong is told as.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;

use super::{Error, Patience, Step, Submission};
use crate::config::{Credentials, Endpoint, Secret, Tls};
use crate::model::ErrorKind;
use crate::net::Stream;

/// What the server does next. Lines have no line ends; a final dot ends a text.
#[derive(Clone, Copy)]
enum Act {
    Say(&'static str),
    /// Reads a line that begins so.
    Hear(&'static str),
    HearText,
    StartTls,
}
use Act::{Hear, HearText, Say, StartTls};

const HELLO: [Act; 3] = [
    Say("220 mail.example.test ESMTP"),
    Hear("EHLO [127.0.0.1]"),
    Say("250-mail.example.test\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN"),
];
const SIGNED_IN: [Act; 2] = [Hear("AUTH PLAIN "), Say("235 2.7.0 Authentication successful")];
const MAIL: [Act; 2] = [Hear("MAIL FROM:<support@example.test>"), Say("250 2.1.0 Ok")];
const RCPT: [Act; 2] = [Hear("RCPT TO:<customer@other.test>"), Say("250 2.1.5 Ok")];
const DATA: [Act; 2] = [Hear("DATA"), Say("354 End data with <CR><LF>.<CR><LF>")];

/// A server on loopback that plays its script once and hangs up; its task gives what it heard.
struct Double {
    server: Endpoint,
    heard: JoinHandle<Vec<String>>,
    /// Keeps the authority's file.
    _folder: tempfile::TempDir,
}

impl Double {
    async fn plays(tls: Tls, script: &[&[Act]]) -> Self {
        Self::plays_as("127.0.0.1", tls, script).await
    }

    /// The same with a certificate for this name.
    async fn plays_as(name: &str, tls: Tls, script: &[&[Act]]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (acceptor, ca) = certificate(name, folder.path().join("ca.pem"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = script.concat();
        let heard = tokio::spawn(async move {
            let (tcp, _) = listener.accept().await.unwrap();
            let mut stream: BufReader<Box<dyn Stream>> = match tls {
                Tls::Implicit => match acceptor.accept(tcp).await {
                    Ok(stream) => BufReader::new(Box::new(stream)),
                    Err(_) => return Vec::new(),
                },
                Tls::StartTls | Tls::None => BufReader::new(Box::new(tcp)),
            };
            let mut heard = Vec::new();
            for act in script {
                match act {
                    Say(text) => stream.write_all(format!("{text}\r\n").as_bytes()).await.unwrap(),
                    StartTls => match acceptor.accept(stream.into_inner()).await {
                        Ok(secured) => stream = BufReader::new(Box::new(secured)),
                        Err(_) => return heard,
                    },
                    Hear(_) | HearText => {
                        loop {
                            let mut line = String::new();
                            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                                return heard;
                            }
                            heard.push(line.trim_end_matches("\r\n").to_owned());
                            if matches!(act, Hear(_)) || line == ".\r\n" {
                                break;
                            }
                        }
                        if let (Hear(expected), Some(line)) = (act, heard.last()) {
                            assert!(line.starts_with(expected), "{expected} expected, {line} heard");
                        }
                    }
                }
                stream.flush().await.unwrap();
            }
            heard
        });
        let ca = (tls != Tls::None).then_some(ca);
        Self { server: Endpoint { host: "127.0.0.1".into(), port, tls, ca }, heard, _folder: folder }
    }

    async fn connect(&self) -> Result<Submission, Error> {
        let patience = Patience {
            connect: Duration::from_secs(5),
            command: Duration::from_secs(5),
            finish: Duration::from_secs(5),
        };
        Submission::connect_within(&self.server, &alice(), patience).await
    }

    async fn heard(self) -> Vec<String> {
        self.heard.await.unwrap()
    }
}

fn alice() -> Credentials {
    Credentials::Password { user: "alice@example.test".into(), password: Secret::new("secret") }
}

/// A server's certificate, and the file of the authority that signed it.
fn certificate(name: &str, file: PathBuf) -> (TlsAcceptor, PathBuf) {
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_key = rcgen::KeyPair::generate().unwrap();
    std::fs::write(&file, authority.self_signed(&authority_key).unwrap().pem()).unwrap();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    (acceptor(&certificate, &key), file)
}

fn acceptor(certificate: &rcgen::Certificate, key: &rcgen::KeyPair) -> TlsAcceptor {
    let private = tokio_rustls::rustls::pki_types::PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// Everything before the text.
async fn envelope(submission: &mut Submission) {
    submission.mail_from("support@example.test", 100, false).await.unwrap();
    submission.rcpt_to("customer@other.test").await.unwrap();
    submission.data_begin().await.unwrap();
}

#[tokio::test]
async fn a_mail_goes_out_step_by_step_and_its_dots_are_doubled() {
    let end = [HearText, Say("250 2.0.0 Ok: queued as 4ABC"), Hear("QUIT"), Say("221 2.0.0 Bye")];
    let double = Double::plays(Tls::None, &[&HELLO, &SIGNED_IN, &MAIL, &RCPT, &DATA, &end]).await;
    let mut submission = double.connect().await.unwrap();
    assert_eq!(submission.extensions().size, Some(1000));
    envelope(&mut submission).await;
    let reply = submission.data_body(b"Subject: x\r\n\r\n.hidden\r\n").await.unwrap();
    assert_eq!(reply.text, "Ok: queued as 4ABC");
    submission.quit().await;
    let heard = double.heard().await;
    assert_eq!(heard[2], "MAIL FROM:<support@example.test> SIZE=100");
    assert_eq!(heard[5..], ["Subject: x", "", "..hidden", ".", "QUIT"]);
}

#[tokio::test]
async fn one_refused_recipient_is_named_and_the_mail_can_be_begun_anew() {
    let refused = [
        Hear("RCPT TO:<nobody@other.test>"),
        Say("550 5.1.1 <nobody@other.test>: Recipient address rejected: User unknown"),
        Hear("RSET"),
        Say("250 2.0.0 Ok"),
    ];
    let double = Double::plays(Tls::None, &[&HELLO, &SIGNED_IN, &MAIL, &RCPT, &refused, &MAIL]).await;
    let mut submission = double.connect().await.unwrap();
    submission.mail_from("support@example.test", 100, false).await.unwrap();
    submission.rcpt_to("customer@other.test").await.unwrap();
    let error = submission.rcpt_to("nobody@other.test").await.unwrap_err();
    assert_eq!(error.refused_recipient(), Some("nobody@other.test"));
    assert!(!error.is_transient() && error.kind() == ErrorKind::Failed);
    submission.rset().await.unwrap();
    submission.mail_from("support@example.test", 100, false).await.unwrap();
}

#[tokio::test]
async fn greylisting_and_a_full_mailbox_pass_by_themselves() {
    for refusal in ["451 4.7.1 Greylisted, try again in 60 seconds", "452 4.2.2 Mailbox full"] {
        let refused = [Hear("RCPT TO"), Say(refusal)];
        let double = Double::plays(Tls::None, &[&HELLO, &SIGNED_IN, &MAIL, &refused]).await;
        let mut submission = double.connect().await.unwrap();
        submission.mail_from("support@example.test", 100, false).await.unwrap();
        let error = submission.rcpt_to("customer@other.test").await.unwrap_err();
        assert!(error.is_transient(), "{error}");
    }
}

#[tokio::test]
async fn a_sender_that_the_login_may_not_use_is_said_at_rcpt_to() {
    let refused = [
        Hear("RCPT TO"),
        Say("553 5.7.1 <support@example.test>: Sender address rejected: not owned by user alice@example.test"),
    ];
    let double = Double::plays(Tls::None, &[&HELLO, &SIGNED_IN, &MAIL, &refused]).await;
    let mut submission = double.connect().await.unwrap();
    submission.mail_from("support@example.test", 100, false).await.unwrap();
    let error = submission.rcpt_to("customer@other.test").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SenderRefused);
    assert!(
        matches!(&error, Error::NotAllowedToSendAs { user, sender, .. }
            if user == "alice@example.test" && sender == "support@example.test"),
        "{error}"
    );
}

#[tokio::test]
async fn a_connection_cut_after_the_final_dot_leaves_the_outcome_unknown() {
    let double = Double::plays(Tls::None, &[&HELLO, &SIGNED_IN, &MAIL, &RCPT, &DATA, &[HearText]]).await;
    let mut submission = double.connect().await.unwrap();
    envelope(&mut submission).await;
    let error = submission.data_body(b"text\r\n").await.unwrap_err();
    assert!(error.is_unknown() && !error.is_transient(), "{error}");
    assert_eq!(error.kind(), ErrorKind::UnknownOutcome);
}

#[tokio::test]
async fn silence_and_nonsense_after_the_final_dot_leave_the_outcome_unknown_too() {
    for nonsense in ["hello?", "354 more please", "2"] {
        let end = [HearText, Say(nonsense)];
        let double = Double::plays(Tls::None, &[&HELLO, &SIGNED_IN, &MAIL, &RCPT, &DATA, &end]).await;
        let mut submission = double.connect().await.unwrap();
        envelope(&mut submission).await;
        let error = submission.data_body(b"text\r\n").await.unwrap_err();
        assert!(error.is_unknown(), "{nonsense}: {error}");
    }
    let silent = [HearText, Hear("never")];
    let double = Double::plays(Tls::None, &[&HELLO, &SIGNED_IN, &MAIL, &RCPT, &DATA, &silent]).await;
    let patience = Patience { finish: Duration::from_millis(50), ..Patience::default() };
    let mut submission = Submission::connect_within(&double.server, &alice(), patience).await.unwrap();
    envelope(&mut submission).await;
    assert!(submission.data_body(b"text\r\n").await.unwrap_err().is_unknown());
}

#[tokio::test]
async fn a_connection_cut_within_the_text_is_not_an_unknown_outcome() {
    // The server hangs up right after its 354: a large text can never leave whole.
    let double = Double::plays(Tls::None, &[&HELLO, &SIGNED_IN, &MAIL, &RCPT, &DATA]).await;
    let mut submission = double.connect().await.unwrap();
    envelope(&mut submission).await;
    let text = vec![b'x'; 24 * 1024 * 1024];
    let error = submission.data_body(&text).await.unwrap_err();
    assert!(matches!(error, Error::Lost { .. }) && error.is_transient(), "{error}");
}

#[tokio::test]
async fn a_text_that_the_server_refuses_is_a_refusal_by_its_code() {
    for (refusal, is_transient) in
        [("554 5.7.1 Spam message rejected", false), ("451 4.3.0 Queue file write error", true)]
    {
        let end = [HearText, Say(refusal)];
        let double = Double::plays(Tls::None, &[&HELLO, &SIGNED_IN, &MAIL, &RCPT, &DATA, &end]).await;
        let mut submission = double.connect().await.unwrap();
        envelope(&mut submission).await;
        let error = submission.data_body(b"text\r\n").await.unwrap_err();
        assert!(matches!(error, Error::Refused { step: Step::Text, .. }), "{error}");
        assert_eq!(error.is_transient(), is_transient);
    }
}

#[tokio::test]
async fn a_wrong_password_is_a_refused_sign_in_and_its_text_holds_no_secret() {
    let refused = [Hear("AUTH PLAIN "), Say("535 5.7.8 Error: authentication failed")];
    let double = Double::plays(Tls::None, &[&HELLO, &refused]).await;
    let error = double.connect().await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert!(!format!("{error:?} {error}").contains("secret"));
}

#[tokio::test]
async fn a_refused_token_is_told_after_the_exchange_was_given_up() {
    let hello = [Say("220 x"), Hear("EHLO"), Say("250-x\r\n250 AUTH XOAUTH2 OAUTHBEARER")];
    let refused =
        [Hear("AUTH OAUTHBEARER "), Say("334 eyJzdGF0dXMiOiI0MDEifQ=="), Hear("AQ=="), Say("535 5.7.8 expired")];
    let double = Double::plays(Tls::None, &[&hello, &refused]).await;
    let credentials = Credentials::OAuth2 { user: "alice@example.test".into(), token: Secret::new("t") };
    let error = Submission::connect(&double.server, &credentials).await.err().unwrap();
    assert!(matches!(error, Error::AuthRefused { .. }), "{error}");
}

#[tokio::test]
async fn a_server_that_knows_login_alone_is_told_name_and_password_one_by_one() {
    let hello = [Say("220 x"), Hear("EHLO"), Say("250-x\r\n250 AUTH LOGIN")];
    let asked =
        [Hear("AUTH LOGIN"), Say("334 VXNlcm5hbWU6"), Hear("YWxpY2VAZXhhbXBsZS50ZXN0"), Say("334 UGFzc3dvcmQ6")];
    let answered = [Hear("c2VjcmV0"), Say("235 ok")];
    Double::plays(Tls::None, &[&hello, &asked, &answered]).await.connect().await.unwrap();
}

#[tokio::test]
async fn a_server_that_offers_no_sign_in_without_tls_is_told_so() {
    let double = Double::plays(Tls::None, &[&[Say("220 x"), Hear("EHLO"), Say("250 x")]]).await;
    let error = double.connect().await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert!(error.hint().unwrap().contains("TLS"), "{error}");
}

#[test]
fn a_task_of_its_own_may_send() {
    fn is_send<T: Send>(_: T) {}
    async fn whole(server: Endpoint) -> Result<(), Error> {
        let mut submission = Submission::connect(&server, &alice()).await?;
        submission.mail_from("a@b", 1, false).await?;
        submission.data_body(b"x").await?;
        submission.quit().await;
        Ok(())
    }
    is_send(whole(Endpoint { host: "h".into(), port: 1, tls: Tls::None, ca: None }));
}

#[tokio::test]
async fn a_sign_in_that_fails_for_now_is_not_a_refused_sign_in() {
    let refused = [Hear("AUTH PLAIN "), Say("454 4.7.0 Temporary authentication failure")];
    let double = Double::plays(Tls::None, &[&HELLO, &refused]).await;
    assert!(double.connect().await.err().unwrap().is_transient());
}

#[tokio::test]
async fn without_starttls_nothing_is_sent_not_even_the_login() {
    let double = Double::plays(Tls::StartTls, &[&HELLO, &[Hear("")]]).await;
    let error = double.connect().await.err().unwrap();
    assert!(matches!(error, Error::NoStartTls { .. }), "{error}");
    assert_eq!(error.kind(), ErrorKind::Tls);
    assert_eq!(double.heard().await, ["EHLO [127.0.0.1]"]);
}

#[tokio::test]
async fn what_was_said_in_plain_text_behind_starttls_is_never_taken_for_an_answer_under_tls() {
    let offered = [Say("220 x"), Hear("EHLO"), Say("250-x\r\n250 STARTTLS"), Hear("STARTTLS")];
    let injected = [Say("220 go ahead\r\n250-x\r\n250 AUTH PLAIN"), StartTls];
    let double = Double::plays(Tls::StartTls, &[&offered, &injected]).await;
    assert!(double.connect().await.is_err());
    assert_eq!(double.heard().await, ["EHLO [127.0.0.1]", "STARTTLS"]);
}

#[tokio::test]
async fn starttls_and_implicit_tls_reach_a_server_with_a_private_authority() {
    let offered = [Say("220 x"), Hear("EHLO"), Say("250-x\r\n250 STARTTLS"), Hear("STARTTLS"), Say("220 go"), StartTls];
    let double = Double::plays(Tls::StartTls, &[&offered, &HELLO[1..], &SIGNED_IN]).await;
    double.connect().await.unwrap();
    let double = Double::plays(Tls::Implicit, &[&HELLO, &SIGNED_IN]).await;
    double.connect().await.unwrap();
}

#[tokio::test]
async fn a_certificate_that_does_not_fit_is_a_tls_error_in_plain_words() {
    let double = Double::plays_as("elsewhere.example.test", Tls::Implicit, &[&HELLO]).await;
    let error = double.connect().await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Tls);
    assert!(error.to_string().ends_with("its certificate is for another host name"), "{error}");

    let mut double = Double::plays(Tls::Implicit, &[&HELLO]).await;
    let other = certificate("127.0.0.1", double._folder.path().join("other.pem"));
    double.server.ca = Some(other.1);
    let error = double.connect().await.err().unwrap();
    assert!(error.to_string().contains("authority that is not trusted"), "{error}");
    assert!(error.hint().unwrap().contains("imap"), "{:?}", error.hint());

    double.server.ca = Some("/nowhere/ca.pem".into());
    assert_eq!(double.connect().await.err().unwrap().kind(), ErrorKind::Config);
}

#[tokio::test]
async fn an_authoritys_own_certificate_is_none_for_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let mut own = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    own.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = own.self_signed(&key).unwrap();
    let ca = folder.path().join("own.pem");
    std::fs::write(&ca, certificate.pem()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = acceptor(&certificate, &key);
    tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        assert!(acceptor.accept(tcp).await.is_err());
    });
    let server = Endpoint { host: "127.0.0.1".into(), port, tls: Tls::Implicit, ca: Some(ca) };
    let error = Submission::connect(&server, &alice()).await.err().unwrap();
    assert!(error.to_string().contains("CA:TRUE"), "{error}");
}

#[tokio::test]
async fn a_plain_server_where_tls_is_due_is_a_tls_error() {
    let mut double = Double::plays(Tls::None, &[&HELLO]).await;
    double.server.tls = Tls::Implicit;
    let error = double.connect().await.err().unwrap();
    assert!(error.to_string().contains("it does not speak TLS at this port"), "{error}");
}

#[tokio::test]
async fn an_unknown_host_and_a_closed_port_are_unreachable() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    for (host, port) in [("127.0.0.1", closed), ("no-such-host.invalid", 465)] {
        let server = Endpoint { host: host.into(), port, tls: Tls::None, ca: None };
        let error = Submission::connect(&server, &alice()).await.err().unwrap();
        assert!(matches!(error, Error::Unreachable { .. }) && error.is_transient(), "{error}");
    }
}

#[tokio::test]
async fn a_message_larger_than_the_server_takes_is_refused_before_it_is_begun() {
    let double = Double::plays(Tls::None, &[&HELLO, &SIGNED_IN]).await;
    let mut submission = double.connect().await.unwrap();
    let error = submission.mail_from("support@example.test", 1001, true).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { limit: 1000, .. }), "{error}");
}

#[tokio::test]
async fn no_address_breaks_out_of_its_command() {
    let double = Double::plays(Tls::None, &[&HELLO, &SIGNED_IN]).await;
    let mut submission = double.connect().await.unwrap();
    for address in ["a@b>\r\nRCPT TO:<c@d", "a b@c", "a@", "@b", "plain", "søren@example.test", "a@b> SIZE=1"] {
        let error = submission.rcpt_to(address).await.unwrap_err();
        assert!(matches!(error, Error::Address { .. }), "{address}");
    }
}

#[tokio::test]
async fn a_line_without_end_does_not_fill_the_memory() {
    let double = Double::plays(Tls::None, &[&[Say(LONG)]]).await;
    assert!(double.connect().await.is_err());
}

const LONG: &str = {
    static BYTES: [u8; 100_000] = [b'2'; 100_000];
    match std::str::from_utf8(&BYTES) {
        Ok(text) => text,
        Err(_) => "",
    }
};
