//! `bagsy mailboxes`: what this person can reach, and what they may do there.

use serde_json::json;

use super::context::{Context, Outcome, failed};
use crate::engine::why_advisory;
use crate::imap::Quota;
use crate::mail::safe;
use crate::model::{Capability, Mailbox, Role, View};
use crate::store::Reader;

pub async fn run(cx: &Context) -> Outcome {
    if cx.offline {
        for (_, reader, mailboxes) in cx.cached()? {
            mailboxes.iter().try_for_each(|mailbox| print(cx, &reader, mailbox, None))?;
        }
        return Ok(());
    }
    let mut none = true;
    for mut reached in cx.reach().await? {
        for mailbox in &reached.mailboxes {
            reached.link.sync_mailbox(mailbox).await?;
            let quota = reached.link.quota(mailbox).await?;
            print(cx, &reached.link.reader, mailbox, quota)?;
            none = false;
        }
        for closed in &reached.found.closed {
            cx.out.aside(&format!(
                "{} — {}",
                closed.refusal.message,
                closed.refusal.hint.as_deref().unwrap_or_default()
            ));
        }
    }
    if none {
        cx.out.aside(
            "No shared mailbox is to be seen. Ask for one to be shared with you (the rights `lrswi` for all of it), or name it \
             in the configuration: [mailbox.\"address\"] with `root`.",
        );
    }
    Ok(())
}

fn print(cx: &Context, reader: &Reader, mailbox: &Mailbox, quota: Option<Quota>) -> Outcome {
    let counts = reader.counts(Some(mailbox.key())).map_err(failed)?;
    let rights = mailbox.rights.as_ref().and_then(|r| r.get(&Role::Inbox));
    cx.out.line(
        || {
            json!({
                "mailbox": mailbox.key(),
                "account": mailbox.account,
                "root": mailbox.root,
                "rights": rights,
                "grade": mailbox.grade,
                "may": mailbox.may,
                "conversations": counts.get(View::All),
                "unclaimed": counts.get(View::Unclaimed),
                "quota": quota.map(|q| json!({ "used": q.used, "limit": q.limit })),
            })
        },
        || {
            let may: Vec<String> = mailbox.may.iter().map(word).collect();
            let advisory = why_advisory(mailbox).map(|why| format!("\n    {why}")).unwrap_or_default();
            format!(
                "{}  grade {}  {} conversations, {} unclaimed\n    {}  rights {}  you may {}{advisory}",
                cx.out.bold(&safe::line(mailbox.key())),
                mailbox.grade,
                counts.get(View::All),
                counts.get(View::Unclaimed),
                safe::line(&mailbox.root),
                rights.map_or("are not told by this server", |r| &r.0),
                if may.is_empty() { "do nothing here".to_owned() } else { may.join(", ") },
            )
        },
    );
    Ok(())
}

fn word(capability: &Capability) -> String {
    match capability {
        Capability::Read => "read",
        Capability::Seen => "mark as read",
        Capability::Claim => "claim",
        Capability::Send => "answer",
        Capability::Archive => "archive",
    }
    .to_owned()
}
