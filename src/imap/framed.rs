//! The stream that async-imap talks to: it hands on one response at a time, each of which async-imap can read.
//!
//! Reading frames (see [`super::framing`]) and sorts (see [`super::triage`]); writing gathers a command's pieces into one
//! packet until it is flushed. What async-imap cannot carry goes through [`Sideline`], shared with the session.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::deflate::Deflated;
use super::framing::{Framer, Limits};
use super::triage::{self, Kind, Triage};
use crate::net::Stream;

/// What goes past async-imap.
#[derive(Default)]
struct Sidelined {
    /// Responses that a placeholder stands for, by number, in order.
    aside: VecDeque<(u64, Vec<u8>)>,
    next_number: u64,
    /// The last tagged response, behind its tag.
    tagged: Vec<u8>,
    /// The last BYE.
    bye: Option<Vec<u8>>,
    /// The last capability line or code.
    capability: Option<Vec<u8>>,
    /// Octets that ever came from the network.
    received: u64,
}

/// The way past async-imap, shared by the stream and its session.
#[derive(Clone, Default)]
pub(crate) struct Sideline(Arc<Mutex<Sidelined>>);

impl Sideline {
    fn lock(&self) -> MutexGuard<'_, Sidelined> {
        // Nothing that can panic happens while it is locked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The response that a placeholder stands for. Those before it are gone: async-imap read their placeholders itself.
    pub fn take_aside(&self, number: u64) -> Option<Vec<u8>> {
        let mut side = self.lock();
        while let Some((next, response)) = side.aside.pop_front() {
            if next == number {
                return Some(response);
            }
        }
        None
    }

    /// The last tagged response without its tag.
    pub fn last_tagged(&self) -> Vec<u8> {
        self.lock().tagged.clone()
    }

    /// What the server said as it hung up.
    pub fn last_bye(&self) -> Option<Vec<u8>> {
        self.lock().bye.clone()
    }

    /// The last untagged CAPABILITY, or status response with one in it, since this was asked.
    pub fn take_capability(&self) -> Option<Vec<u8>> {
        self.lock().capability.take()
    }

    /// Forgets what was said so far: after STARTTLS nothing of it counts.
    pub fn forget(&self) {
        *self.lock() = Sidelined::default();
    }

    /// So many octets came from the network.
    pub fn count(&self, octets: usize) {
        self.lock().received += octets as u64;
    }

    /// A figure that grows while the server talks.
    pub fn received(&self) -> u64 {
        self.lock().received
    }
}

/// A transport, framed.
pub(crate) struct Framed {
    inner: Box<dyn Stream>,
    framer: Framer,
    /// Octets from the network that are not framed yet: `input[used..filled]`.
    input: Box<[u8]>,
    used: usize,
    filled: usize,
    /// One response on its way to the reader.
    output: Vec<u8>,
    given: usize,
    /// A command on its way to the server.
    written: Vec<u8>,
    sideline: Sideline,
    /// Untagged responses are dropped, but for what is kept of them beside.
    is_terse: bool,
    /// Both ways are deflated; who does that counts what comes from the network.
    is_deflated: bool,
}

/// So many responses wait aside at most.
const MOST_ASIDE: usize = 16;

/// A command's pieces are sent together up to this size.
const PACKET: usize = 64 * 1024;

impl Framed {
    pub fn new(inner: Box<dyn Stream>, sideline: Sideline) -> Self {
        Self {
            inner,
            framer: Framer::new(Limits::default()),
            input: vec![0; 32 * 1024].into_boxed_slice(),
            used: 0,
            filled: 0,
            output: Vec::new(),
            given: 0,
            written: Vec::new(),
            sideline,
            is_terse: false,
            is_deflated: false,
        }
    }

    /// Whether untagged responses are dropped. During AUTHENTICATE async-imap takes the first of them for the end of the
    /// challenges, and waits for ever.
    pub fn be_terse(&mut self, is_terse: bool) {
        self.is_terse = is_terse;
    }

    /// Deflates both ways from here on (RFC 4978): the server has said that it does, and everything that came behind that
    /// word is deflated already.
    pub fn deflate(&mut self) {
        let early = self.input[self.used..self.filled].to_vec();
        (self.used, self.filled) = (0, 0);
        let clear = std::mem::replace(&mut self.inner, Box::new(tokio::io::empty()));
        self.inner = Box::new(Deflated::new(clear, early, self.sideline.clone()));
        self.is_deflated = true;
    }

    /// Gives the stream back for TLS, unless something was read from it that nobody has asked for: it was sent by somebody
    /// who could not know of the TLS to come, and would be taken for the server's word under it (CVE-2021-33515).
    pub fn into_inner(self) -> Option<Box<dyn Stream>> {
        let is_all_read = self.used == self.filled && self.given == self.output.len();
        is_all_read.then_some(self.inner)
    }

    /// Changes the bounds, from the next literal on.
    pub fn set_limits(&mut self, limits: Limits) {
        self.framer.set_limits(limits);
    }

    /// Sorts the next whole response of what was read; false: more has to be read first.
    fn sort_next(&mut self) -> bool {
        let (used, frame) = self.framer.take(&self.input[self.used..self.filled]);
        self.used += used;
        let Some(frame) = frame else { return false };
        if frame.is_cut {
            tracing::warn!(kept = frame.bytes.len(), "a response was larger than this session takes");
        }
        let mut side = self.sideline.lock();
        match triage::kind(&frame.bytes) {
            Kind::Tagged { rest, .. } => {
                side.tagged = rest.to_vec();
                if holds_capability(rest) {
                    side.capability = Some(rest.to_vec());
                }
            }
            Kind::Untagged(rest) => {
                if starts_with(rest, b"BYE") {
                    side.bye = Some(rest.to_vec());
                } else if starts_with(rest, b"CAPABILITY") || holds_capability(rest) {
                    side.capability = Some(rest.to_vec());
                }
            }
            _ => {}
        }
        self.given = 0;
        if self.is_terse && frame.bytes.starts_with(b"*") {
            return true;
        }
        match triage::triage(frame, side.next_number) {
            Triage::Skip => {}
            Triage::Pass(bytes) => self.output = bytes,
            Triage::Aside { placeholder, response } => {
                let number = side.next_number;
                side.next_number += 1;
                // Whoever reads placeholders takes each at once; those of a sign-in nobody takes.
                while side.aside.len() >= MOST_ASIDE {
                    side.aside.pop_front();
                }
                side.aside.push_back((number, response));
                self.output = placeholder;
            }
        }
        true
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut sent = 0;
        let outcome = loop {
            if sent == self.written.len() {
                break Poll::Ready(Ok(()));
            }
            match Pin::new(&mut self.inner).poll_write(cx, &self.written[sent..]) {
                Poll::Ready(Ok(0)) => break Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(n)) => sent += n,
                Poll::Ready(Err(error)) => break Poll::Ready(Err(error)),
                Poll::Pending => break Poll::Pending,
            }
        };
        self.written.drain(..sent);
        outcome
    }
}

fn starts_with(rest: &[u8], word: &[u8]) -> bool {
    rest.get(..word.len()).is_some_and(|w| w.eq_ignore_ascii_case(word))
}

fn holds_capability(rest: &[u8]) -> bool {
    starts_with(rest, b"OK [CAPABILITY ") || starts_with(rest, b"PREAUTH [CAPABILITY ")
}

impl fmt::Debug for Framed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Framed(…)")
    }
}

impl AsyncRead for Framed {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.given < this.output.len() {
                let rest = &this.output[this.given..];
                let now = rest.len().min(buf.remaining());
                buf.put_slice(&rest[..now]);
                this.given += now;
                if this.given == this.output.len() {
                    // A big response's memory goes with it.
                    this.output = Vec::new();
                    this.given = 0;
                }
                return Poll::Ready(Ok(()));
            }
            if this.used < this.filled && this.sort_next() {
                continue;
            }
            let mut input = ReadBuf::new(&mut this.input);
            ready!(Pin::new(&mut this.inner).poll_read(cx, &mut input))?;
            let octets = input.filled().len();
            (this.used, this.filled) = (0, octets);
            if octets == 0 {
                // The end, also in the middle of a response: nobody sees half a response.
                return Poll::Ready(Ok(()));
            }
            if !this.is_deflated {
                this.sideline.count(octets);
            }
        }
    }
}

impl AsyncWrite for Framed {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.written.len() >= PACKET {
            ready!(this.poll_send(cx))?;
        }
        this.written.extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_send(cx))?;
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_send(cx))?;
        Pin::new(&mut this.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use async_imap::Client;
    use proptest::prelude::*;
    use tokio::io::AsyncWriteExt;

    use super::*;
    use crate::imap::reply::Reply;

    /// What a session makes of these bytes, to their end.
    fn replies(chunks: Vec<Vec<u8>>) -> Vec<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (near, mut far) = tokio::io::duplex(64);
            let sideline = Sideline::default();
            let mut client = Client::new(Framed::new(Box::new(near), sideline.clone()));
            let read = async {
                let mut replies = Vec::new();
                while let Some(data) = client.read_response().await.expect("the session lives") {
                    replies.push(format!("{:?}", Reply::of(data.parsed(), &sideline)));
                }
                replies
            };
            let write = async move {
                for chunk in chunks {
                    far.write_all(&chunk).await.unwrap();
                }
            };
            tokio::join!(read, write).0
        })
    }

    fn piece() -> impl Strategy<Value = Vec<u8>> {
        let text = prop_oneof![
            Just("* 1 FETCH (UID 1 FLAGS (\\Seen) BODY[] {7}\r\na\r\n* 2 )\r\n".to_owned()),
            Just("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n".to_owned()),
            Just("* OK bagsy-aside 1\r\n".to_owned()),
            Just("A1 NO [MODIFIED 5]\r\n".to_owned()),
            "[\\*+A] ?(OK|NO|BYE|1 FETCH|LIST|ESEARCH|FLAGS)? ?[\\[\\](){}\"\\\\ a-zé0-9]{0,20}\r?\n",
        ];
        prop_oneof![text.prop_map(String::into_bytes), prop::collection::vec(any::<u8>(), 0..30)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn whatever_a_server_says_the_session_lives(pieces in prop::collection::vec(piece(), 0..12), size in 1usize..50) {
            let whole = replies(pieces.clone());
            let bytes = pieces.concat();
            let cut = replies(bytes.chunks(size).map(<[u8]>::to_vec).collect());
            prop_assert_eq!(whole, cut);
        }
    }

    #[test]
    fn what_waits_aside_keeps_its_place() {
        let said = replies(vec![
            b"* 1 EXISTS\r\n* NAMESPACE NIL NIL NIL\r\n* 2 EXISTS\r\n* OK bagsy-aside 0\r\n* 3 EX".to_vec(),
        ]);
        let begins: Vec<&str> = said.iter().map(|r| r.split(['(', ' ']).next().unwrap()).collect();
        assert_eq!(begins, ["Exists", "Namespace", "Exists", "Condition"]);
    }
}
