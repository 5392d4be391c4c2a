//! `bagsy watch`: a line for each thing that happens.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;
use tokio::sync::mpsc;

use super::context::{Context, Outcome};
use crate::engine::message::{Connection, Event};
use crate::engine::{Cache, Engine, Tail};
use crate::mail::safe;
use crate::model::{Change, ChangeKind, ErrorKind, Refusal, Status};

/// Runs until interrupted. What happened before a mailbox was live is not told; what happened during a broken connection is.
pub async fn run(cx: &Context) -> Outcome {
    cx.refuse_offline("watch")?;
    let logins = cx.meant_logins();
    let mut open = Vec::new();
    for login in &logins {
        open.push((Arc::clone(login), Cache::open(&login.cache, login.me().as_ref())?));
    }
    if open.is_empty() {
        return Err(Refusal::new(ErrorKind::Config, "no account is configured"));
    }
    check_first(cx).await?;
    let (sender, mut events) = mpsc::unbounded_channel();
    let tell = Arc::new(move |event| {
        // The receiver is gone only when the program ends.
        let _ = sender.send(event);
    });
    // The log is read here, not in the engine: only its numbers say what came after a mailbox was live.
    let (changed, mut changes) = mpsc::unbounded_channel();
    let mut newest = Vec::new();
    for (index, (_, cache)) in open.iter().enumerate() {
        newest.push(Tail::new(cache)?);
        let (mut tail, changed) = (Tail::new(cache)?, changed.clone());
        tokio::spawn(async move {
            loop {
                match tail.next().await {
                    Ok(found) => {
                        if found.into_iter().any(|(seq, change)| changed.send((index, seq, change)).is_err()) {
                            return;
                        }
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the cache's log cannot be read");
                        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                    }
                }
            }
        });
    }
    let engine = Engine::start(&open, cx.wanted.as_deref(), false, tell)?;
    // By mailbox, the newest number of each login's log when it became live.
    let mut live_from: HashMap<String, Vec<i64>> = HashMap::new();
    let mut states: HashMap<String, &'static str> = HashMap::new();
    let ended = loop {
        tokio::select! {
            signal = stopped() => break signal,
            Some((login, seq, change)) = changes.recv() => {
                let from = live_from.get(&change.mailbox).and_then(|from| from.get(login));
                if from.is_some_and(|from| seq > *from) {
                    cx.out.line(|| change.to_json(), || sentence(&change));
                }
            }
            Some(event) = events.recv() => {
                let Event::Connection { mailbox, state } = event else { continue };
                let (word, why) = match &state {
                    Connection::Live => ("live", None),
                    Connection::Offline { why, .. } => ("offline", Some(why.clone())),
                    Connection::Connecting | Connection::Syncing { .. } => continue,
                };
                if word == "live" && !live_from.contains_key(&mailbox) {
                    let from = newest.iter().map(|tail| tail.newest().unwrap_or(0)).collect();
                    live_from.insert(mailbox.clone(), from);
                }
                if states.insert(mailbox.clone(), word) != Some(word) {
                    connection(cx, &mailbox, word, why.as_deref());
                }
            }
        }
    };
    engine.shut_down().await;
    ended
}

/// What cannot get better by waiting ends `watch` at once: a wrong password, no such mailbox, a certificate.
async fn check_first(cx: &Context) -> Outcome {
    match cx.reach().await {
        Ok(reached) => {
            for at in reached {
                at.link.session.logout().await;
            }
            Ok(())
        }
        Err(refusal) => Err(refusal),
    }
}

/// An interrupt or a friendly end.
async fn stopped() -> Outcome {
    let failed =
        |error: std::io::Error| Refusal::new(ErrorKind::Failed, format!("signals cannot be listened to: {error}"));
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut end = signal(SignalKind::terminate()).map_err(failed)?;
        let mut hangup = signal(SignalKind::hangup()).map_err(failed)?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted.map_err(failed),
            _ = end.recv() => Ok(()),
            _ = hangup.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.map_err(failed)
}

fn connection(cx: &Context, mailbox: &str, word: &str, why: Option<&str>) {
    let at = Timestamp::now();
    cx.out.line(
        || {
            json!({
                "at": at, "event": "connection", "mailbox": mailbox, "conversation": null, "by": null,
                "state": word, "why": why,
            })
        },
        || {
            let mailbox = safe::line(mailbox);
            match why {
                Some(why) => format!("{}  {mailbox}: {word} ({})", time(at), safe::line(why)),
                None => format!("{}  {mailbox}: {word}", time(at)),
            }
        },
    );
}

/// An event as a person reads it.
fn sentence(change: &Change) -> String {
    let by = change.by.as_deref().unwrap_or("somebody");
    let what = match change.kind {
        ChangeKind::New => format!("new mail from {by} in"),
        ChangeKind::Claimed => format!("{by} took"),
        ChangeKind::Released => format!("{by} released"),
        ChangeKind::Assigned => format!("{by} gave {}", change.assignee),
        ChangeKind::TakeOver => format!("{by} took over"),
        ChangeKind::Contested => format!("{} both claim", change.assignee),
        ChangeKind::Status if change.status == Status::Done && change.by.is_some() => format!("{by} finished"),
        ChangeKind::Status => format!("now {}:", change.status),
        ChangeKind::Tagged => "tags changed on".to_owned(),
        ChangeKind::Replied => format!("{by} answered"),
        ChangeKind::Sent => format!("{by} sent"),
    };
    safe::line(&format!("{}  {}  {what} “{}”", time(change.at), change.conversation, change.subject))
}

fn time(at: Timestamp) -> String {
    at.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M:%S").to_string()
}
