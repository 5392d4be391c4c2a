//! The engine inside the test's own process, as the screen runs it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use bagsy::engine::message::{Connection, Event};
use bagsy::engine::{Engine, Tell};
use tokio::runtime::Runtime;

use super::device::Device;

/// How long anything may take to be told.
pub const LIMIT: Duration = Duration::from_secs(20);

/// The engine as the screen runs it, and what it tells.
pub struct Screen {
    pub engine: Engine,
    told: Receiver<Event>,
}

impl Screen {
    pub fn start(runtime: &Runtime, device: &Device) -> Self {
        let (tell, told) = channel();
        let tell: Tell = Arc::new(move |event| drop(tell.send(event)));
        let _inside = runtime.enter();
        let logins = [(Arc::clone(&device.link.login), device.link.cache.clone())];
        Self { engine: Engine::start(&logins, None, true, tell).expect("the engine"), told }
    }

    #[track_caller]
    pub fn wait_for<T>(&self, what: &str, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
        let end = Instant::now() + LIMIT;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.told.recv_timeout(left) {
                Ok(event) => {
                    if let Some(found) = wanted(event) {
                        return found;
                    }
                }
                Err(_) => panic!("not told: {what}"),
            }
        }
    }

    #[track_caller]
    pub fn is_live(&self) {
        self.wait_for("that it is live", |e| {
            matches!(e, Event::Connection { state: Connection::Live, .. }).then_some(())
        });
    }

    pub fn end(self, runtime: &Runtime) {
        runtime.block_on(self.engine.shut_down());
    }
}
