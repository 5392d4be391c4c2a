//! COMPRESS=DEFLATE (RFC 4978): a transport over which both ways are deflated (RFC 1951), below the framing.
//!
//! Nothing is inflated ahead of whoever reads: each read gives at most what it has room for, and what the network brought
//! waits deflated. So a server that sends a gigabyte of blanks in a megabyte fills no memory; how much of a response is kept
//! the framing's bounds say.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::framed::Sideline;
use crate::net::Stream;

/// What is read from the network at once.
const PACKET: usize = 16 * 1024;

/// So much that was written waits for the network at most.
const WAITING: usize = 64 * 1024;

/// A transport, deflated.
pub(crate) struct Deflated {
    inner: Box<dyn Stream>,
    sideline: Sideline,
    inflate: Decompress,
    deflate: Compress,
    /// Deflated octets from the network: `input[used..]`.
    input: Vec<u8>,
    used: usize,
    /// The last read had no room for all that its input may give.
    has_more: bool,
    /// The server has ended the stream.
    is_over: bool,
    /// Deflated octets on their way to the server.
    output: Vec<u8>,
    sent: usize,
    /// Something was written since the last flush.
    is_unflushed: bool,
}

impl Deflated {
    /// `early`: what was read from the network already, behind the server's word that it deflates from now on.
    pub fn new(inner: Box<dyn Stream>, early: Vec<u8>, sideline: Sideline) -> Self {
        Self {
            inner,
            sideline,
            inflate: Decompress::new(false),
            deflate: Compress::new(Compression::default(), false),
            input: early,
            used: 0,
            has_more: false,
            is_over: false,
            output: Vec::new(),
            sent: 0,
            is_unflushed: false,
        }
    }

    /// Inflates into what there is room for; how many octets that gave.
    fn inflate_into(&mut self, buf: &mut ReadBuf<'_>) -> io::Result<usize> {
        let room = buf.initialize_unfilled();
        let room_for = room.len();
        let (read, given) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self.inflate.decompress(&self.input[self.used..], room, FlushDecompress::None);
        let status = status.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "what it sends is not deflated"))?;
        // Neither is more than what was handed in.
        let now_read = usize::try_from(self.inflate.total_in() - read).unwrap_or(usize::MAX);
        let now_given = usize::try_from(self.inflate.total_out() - given).unwrap_or(usize::MAX).min(room_for);
        self.used = self.used.saturating_add(now_read).min(self.input.len());
        self.is_over |= status == Status::StreamEnd;
        self.has_more = now_given == room_for;
        buf.advance(now_given);
        Ok(now_given)
    }

    /// Deflates these octets, and with `flush` whatever was held back, so that the server can read it all.
    fn deflate(&mut self, mut octets: &[u8], flush: FlushCompress) -> io::Result<()> {
        loop {
            self.output.reserve(octets.len() / 2 + 256);
            let before = self.deflate.total_in();
            self.deflate.compress_vec(octets, &mut self.output, flush).map_err(io::Error::other)?;
            let taken = usize::try_from(self.deflate.total_in() - before).unwrap_or(usize::MAX);
            octets = &octets[taken.min(octets.len())..];
            // With room left over nothing is held back (zlib's own rule for a flush).
            if octets.is_empty() && self.output.len() < self.output.capacity() {
                return Ok(());
            }
        }
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.sent < self.output.len() {
            let octets = ready!(Pin::new(&mut self.inner).poll_write(cx, &self.output[self.sent..]))?;
            if octets == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.sent += octets;
        }
        self.output.clear();
        self.sent = 0;
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Deflated {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        loop {
            if !this.is_over && (this.has_more || this.used < this.input.len()) && this.inflate_into(buf)? > 0 {
                return Poll::Ready(Ok(()));
            }
            if this.is_over {
                return Poll::Ready(Ok(()));
            }
            if this.used < this.input.len() {
                // It took nothing and gave nothing, with room and input: no stream does.
                return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
            }
            this.input.resize(PACKET, 0);
            let mut input = ReadBuf::new(&mut this.input);
            let read = Pin::new(&mut this.inner).poll_read(cx, &mut input);
            let octets = input.filled().len();
            this.input.truncate(octets);
            this.used = 0;
            ready!(read)?;
            if octets == 0 {
                return Poll::Ready(Ok(()));
            }
            this.sideline.count(octets);
        }
    }
}

impl AsyncWrite for Deflated {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.output.len() - this.sent >= WAITING {
            ready!(this.poll_send(cx))?;
        }
        this.deflate(buf, FlushCompress::None)?;
        this.is_unflushed |= !buf.is_empty();
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if std::mem::take(&mut this.is_unflushed) {
            this.deflate(&[], FlushCompress::Sync)?;
        }
        ready!(this.poll_send(cx))?;
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if std::mem::take(&mut this.is_unflushed) {
            this.deflate(&[], FlushCompress::Sync)?;
        }
        ready!(this.poll_send(cx))?;
        Pin::new(&mut this.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
    }

    fn pair(packet: usize) -> (Deflated, Deflated) {
        let (near, far) = tokio::io::duplex(packet);
        let new = |stream| Deflated::new(Box::new(stream), Vec::new(), Sideline::default());
        (new(near), new(far))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_flushed_arrives_as_it_was_whatever_the_portions(
            lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..3_000), 1..8),
            // Wide enough for the end of a flush, which nobody waits for who has read what it ends.
            packet in 32usize..300,
            room in 1usize..500,
        ) {
            let (mut near, mut far) = pair(packet);
            runtime().block_on(async {
                for line in lines {
                    let write = async {
                        near.write_all(&line).await.unwrap();
                        near.flush().await.unwrap();
                    };
                    let read = async {
                        let mut heard = Vec::new();
                        while heard.len() < line.len() {
                            let mut piece = vec![0; room.min(line.len() - heard.len())];
                            let octets = far.read(&mut piece).await.unwrap();
                            assert_ne!(octets, 0);
                            heard.extend_from_slice(&piece[..octets]);
                        }
                        heard
                    };
                    let ((), heard) = tokio::join!(write, read);
                    assert_eq!(heard, line);
                }
            });
        }

        #[test]
        fn what_is_not_deflated_is_an_error_or_an_end_and_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            runtime().block_on(async {
                let (near, mut far) = tokio::io::duplex(1_000);
                far.write_all(&bytes).await.unwrap();
                drop(far);
                let mut near = Deflated::new(Box::new(near), Vec::new(), Sideline::default());
                let mut heard = Vec::new();
                let _ = near.read_to_end(&mut heard).await;
            });
        }
    }

    #[test]
    fn a_stream_that_swells_a_thousandfold_is_read_no_further_than_asked_for() {
        let blanks = vec![b' '; 1 << 20];
        let mut packed = Vec::with_capacity(1 << 16);
        let mut deflate = Compress::new(Compression::best(), false);
        for _ in 0..64 {
            packed.reserve(1 << 14);
            deflate.compress_vec(&blanks, &mut packed, FlushCompress::Sync).unwrap();
        }
        assert!(packed.len() < 100_000, "{}", packed.len());
        runtime().block_on(async {
            let (near, mut far) = tokio::io::duplex(packed.len());
            far.write_all(&packed).await.unwrap();
            let sideline = Sideline::default();
            let mut near = Deflated::new(Box::new(near), Vec::new(), sideline.clone());
            let mut piece = vec![0; 1_000];
            for _ in 0..1_000 {
                let octets = near.read(&mut piece).await.unwrap();
                assert!(octets > 0 && piece[..octets].iter().all(|b| *b == b' '));
            }
            // A megabyte was read of what one packet holds sixteen of; the rest is still at the other end.
            assert_eq!(sideline.received(), PACKET as u64);
            assert!(near.input.len() <= PACKET && near.output.is_empty());
        });
    }
}
