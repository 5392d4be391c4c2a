//! A real submission server that enforces who may send as whom, in front of a [`Sink`].
//!
//! As root it is Postfix. An ordinary user cannot run Postfix: there it is Dovecot's submission service, which takes
//! TLS and passwords and leaves the senders to its next hop, the sink, which says what Postfix would say.

use std::io::Write;
use std::path::Path;

use super::dovecot::{Dovecot, Options, SubmissionRelay};
use super::postfix::Postfix;
use super::process::is_root;
use super::sink::{Policy, Sink};

enum Server {
    Postfix(Postfix),
    Dovecot(Dovecot),
}

/// A running submission server. Its logins are those of the Dovecot it was started for.
pub struct Submission {
    server: Server,
    /// STARTTLS; sign-in only after it. At the address of every [`Cert`](super::certs::Cert).
    pub starttls_port: u16,
    /// TLS from the first byte, likewise.
    pub tls_port: u16,
    /// Sign-in without TLS, for a proxy that has to read along.
    pub plain_port: u16,
    /// What arrived at the customers'.
    pub sink: Sink,
}

impl Submission {
    pub fn start(dovecot: &Dovecot) -> Self {
        if is_root() {
            let postfix = Postfix::start(dovecot);
            let [starttls_port, tls_port, plain_port] = postfix.ports;
            let sink = postfix.sink.clone();
            return Self { server: Server::Postfix(postfix), starttls_port, tls_port, plain_port, sink };
        }
        let _ = writeln!(std::io::stderr(), "not root: Dovecot's submission service in Postfix's place");
        let sink = Sink::with(Some(Policy { lmtp_port: dovecot.lmtp_port, may_send }));
        let submission = Some(SubmissionRelay { port: sink.port, tokens: dovecot.tokens_if_any() });
        let server = Dovecot::with(Options { submission, ..Options::default() });
        let [starttls_port, tls_port, plain_port] = server.submission_ports;
        Self { server: Server::Dovecot(server), starttls_port, tls_port, plain_port, sink }
    }

    /// It is Postfix.
    pub fn is_postfix(&self) -> bool {
        matches!(self.server, Server::Postfix(_))
    }

    /// A file of the authority that signed the server's certificates.
    pub fn ca(&self) -> std::path::PathBuf {
        self.folder().join("ca.pem")
    }

    fn folder(&self) -> &Path {
        match &self.server {
            Server::Postfix(postfix) => postfix.folder(),
            Server::Dovecot(dovecot) => dovecot.folder(),
        }
    }

    /// From now on RCPT TO this recipient is answered with this reply, such as `451 4.7.1 Greylisted`,
    /// `452 4.2.2 Mailbox full`, `550 5.1.1 User unknown` or `550 5.7.1 Not wanted`; `None`: it is taken again.
    pub fn refuse(&self, recipient: &str, reply: Option<&str>) {
        match &self.server {
            Server::Postfix(postfix) => postfix.refuse(recipient, reply),
            Server::Dovecot(_) => self.sink.refuse(recipient, reply),
        }
    }

    /// The whole log, for assertions.
    pub fn log(&self) -> String {
        match &self.server {
            Server::Postfix(postfix) => postfix.log(),
            Server::Dovecot(dovecot) => dovecot.log(),
        }
    }
}

/// Who may send as whom: everybody as themselves; as `support`, `help` and `sales` of their domain alice, bob, p1 to
/// p8 and the shared mailbox's own login. The names stand in [`SENDERS`], which Postfix reads too.
pub fn may_send(login: &str, sender: &str) -> bool {
    let Some((local, sender_domain)) = sender.split_once('@') else { return false };
    // A login may be plain, as on Cyrus.
    let (who, domain) = login.split_once('@').unwrap_or((login, sender_domain));
    domain == sender_domain && (who == local || (SHARED.contains(&local) && SENDERS.contains(&who)))
}

/// The addresses that several may send as.
pub const SHARED: [&str; 3] = ["support", "help", "sales"];

/// Who may.
pub const SENDERS: [&str; 11] = ["alice", "bob", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "support"];
