//! The embedded IMAP server: IMAP4rev1 (RFC 3501) with what bagsy uses beyond it, and no more.
//!
//! CONDSTORE (RFC 7162), MOVE (RFC 6851), UIDPLUS (RFC 4315), IDLE (RFC 2177), NAMESPACE (RFC 2342), ACL's MYRIGHTS (RFC
//! 4314), LITERAL+ (RFC 7888), SASL-IR (RFC 4959), SPECIAL-USE (RFC 6154). Where the standards leave room it behaves like
//! Dovecot: a STORE that the rights forbid is a plain OK that does nothing.

mod command;
mod connection;
mod criteria;
mod cursor;
mod fetch;
pub(super) mod framing;
pub mod mime;
mod session;
mod structure;
mod view;

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::faults::Faults;
use super::post::Post;

/// Takes connections until it is dropped; all of them end with it.
pub async fn listen(listener: TcpListener, post: Arc<Post>, faults: Arc<Faults>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                // Answers are written whole; waiting for more to send would only delay them.
                let _ = stream.set_nodelay(true);
                let (reader, writer) = stream.into_split();
                connections.spawn(connection::serve(reader, writer, Arc::clone(&post), Arc::clone(&faults)));
            }
            // Out of descriptors, say: better in a moment.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}
