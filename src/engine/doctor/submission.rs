//! The submission server: the way to it, and whether it lets this login send as each mailbox. Nothing is sent: every mail is
//! given up before its text.

use super::check::{Check, Pen};
use super::server;
use crate::config::{Credentials, Endpoint};
use crate::model::{ErrorKind, Mailbox};
use crate::smtp::{Error, Submission};

/// A size that no server minds.
const SMALL: usize = 1_000;

pub(super) async fn examine(
    endpoint: &Endpoint,
    account: &str,
    credentials: &Credentials,
    mailboxes: &[Mailbox],
    pen: &mut Pen<'_>,
) {
    if server::reach("submission", endpoint, pen).await.is_err() {
        return;
    }
    let connected = Submission::connect(endpoint, credentials).await;
    let how = match credentials {
        Credentials::Password { .. } => "by password",
        Credentials::OAuth2 { .. } => "by access token",
    };
    let came = connected.as_ref().map_err(|error| (error.kind(), error.to_string())).map(|submission| server::Entry {
        agreed: submission.agreed(),
        how,
        mechanism: submission.mechanism(),
    });
    pen.write_all(server::signed_in("submission", endpoint, account, came.as_ref()));
    let Ok(mut submission) = connected else { return };
    for mailbox in mailboxes {
        for address in mailbox.address.iter().chain(&mailbox.addresses) {
            let asked = ask(&mut submission, address).await;
            let is_lost = matches!(asked, Asked::Lost(_));
            pen.about(mailbox.key()).write(sender(address, asked));
            if is_lost {
                return;
            }
        }
    }
    submission.quit().await;
}

/// Whether these addresses may be sent from, without all else that is examined; nothing where the server does not let the login in.
pub async fn send_as(endpoint: &Endpoint, credentials: &Credentials, addresses: &[String]) -> Vec<Check> {
    let Ok(mut submission) = Submission::connect(endpoint, credentials).await else { return Vec::new() };
    let mut checks = Vec::new();
    for address in addresses {
        let asked = ask(&mut submission, address).await;
        let is_lost = matches!(asked, Asked::Lost(_));
        checks.push(sender(address, asked));
        if is_lost {
            return checks;
        }
    }
    submission.quit().await;
    checks
}

/// How far a mail from an address to itself came.
enum Asked {
    /// The recipient was taken: servers that check the sender only there have had their chance.
    Taken,
    /// The sender was refused, here or at the recipient.
    NotAllowed(Error),
    /// The sender was taken, and the recipient refused for another reason.
    NotTold(Error),
    /// Something else was said against the sender.
    Refused(Error),
    Lost(Error),
}

/// MAIL FROM, RCPT TO the same address, RSET.
async fn ask(submission: &mut Submission, address: &str) -> Asked {
    let asked = match submission.mail_from(address, SMALL, false).await {
        Err(error @ Error::Lost { .. }) => return Asked::Lost(error),
        Err(error @ Error::NotAllowedToSendAs { .. }) => Asked::NotAllowed(error),
        Err(error) => Asked::Refused(error),
        Ok(_) => match submission.rcpt_to(address).await {
            Err(error @ Error::Lost { .. }) => return Asked::Lost(error),
            Err(error @ Error::NotAllowedToSendAs { .. }) => Asked::NotAllowed(error),
            Err(error) => Asked::NotTold(error),
            Ok(_) => Asked::Taken,
        },
    };
    match submission.rset().await {
        Err(error @ Error::Lost { .. }) => Asked::Lost(error),
        _ => asked,
    }
}

fn sender(address: &str, asked: Asked) -> Check {
    let check = format!("send as {address}");
    match asked {
        Asked::Taken => Check::good(check, "the server takes it as a sender"),
        Asked::NotAllowed(error) => Check::failed(
            check,
            ErrorKind::SenderRefused,
            error.to_string(),
            "an answer would not leave: ask the server's administrator to let this login send as this address",
        ),
        Asked::NotTold(error) => Check::note(
            check,
            format!("not refused at MAIL FROM; at RCPT TO: {error}"),
            "some servers check the sender at RCPT TO only, so the first answer will tell",
        ),
        Asked::Refused(error) | Asked::Lost(error) => Check::failed(
            check,
            error.kind(),
            error.to_string(),
            "an answer would not leave; try again, then ask there",
        ),
    }
}
