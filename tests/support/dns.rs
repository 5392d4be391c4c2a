//! A real DNS server (dnsmasq) on a port of its own, which knows what a test tells it and nothing else.

use std::net::SocketAddr;
use std::process::Command;

use super::process::{Server, free_port, new_folder, program};

/// A running resolver for everything below `.test`; gone when dropped.
pub struct Dns {
    server: Server,
    port: u16,
}

impl Dns {
    /// `records` are lines of dnsmasq's configuration: `srv-host=_imaps._tcp.example.test,imap.example.test,993,0,1`,
    /// `host-record=imap.example.test,127.0.0.1`.
    pub fn start(records: &[&str]) -> Self {
        let binary = program("dnsmasq").expect("no dnsmasq: tests/run installs it");
        let folder = new_folder("dnsmasq");
        let port = free_port();
        let conf = folder.join("dnsmasq.conf");
        let fixed = format!(
            "port={port}\nlisten-address=127.0.0.1\nbind-interfaces\nno-resolv\nno-hosts\nno-poll\nlocal=/test/\nlog-queries\n\
             log-facility=-\nuser=\npid-file=\n"
        );
        std::fs::write(&conf, format!("{fixed}{}\n", records.join("\n"))).expect("dnsmasq.conf");
        let mut command = Command::new(binary);
        command.arg("--keep-in-foreground").arg(format!("--conf-file={}", conf.display()));
        let log = folder.join("dnsmasq.log");
        let mut server = Server::start("dnsmasq", command, folder, log);
        // It listens on TCP and UDP alike.
        server.wait_until_it_listens(&[port]).unwrap_or_else(|e| panic!("{e}"));
        Self { server, port }
    }

    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// What was asked so far.
    pub fn log(&self) -> String {
        self.server.log()
    }
}
