//! A domain's servers are found by what its DNS and its autoconfig page say: against a real DNS server and a real web server.

mod support;

use bagsy::engine::find::{self, Offer, Offers, Told};
use bagsy::net::{self, Place};
use support::bagsy::Bagsy;
use support::dns::Dns;
use support::pty::Size;
use support::web::{Tunnel, Web};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().unwrap()
}

fn by_dns(dns: &Dns, domain: &str) -> Offers {
    runtime().block_on(find::by_dns(&net::Dns::at(dns.address()), domain))
}

fn shown(offers: &[Offer]) -> Vec<String> {
    offers.iter().map(|offer| format!("{offer} ({})", offer.source)).collect()
}

#[test]
fn srv_records_are_offered_tls_first_and_in_their_order_of_preference() {
    let dns = Dns::start(&[
        "srv-host=_imap._tcp.example.test,old.example.test,143,0,1",
        "srv-host=_imaps._tcp.example.test,second.example.test,993,20,1",
        "srv-host=_imaps._tcp.example.test,first.example.test,9993,10,1",
        "srv-host=_submissions._tcp.example.test,smtp.example.test,465,0,1",
    ]);
    let found = by_dns(&dns, "example.test");
    assert_eq!(
        shown(&found.imap),
        [
            "first.example.test, port 9993, TLS (DNS: _imaps._tcp.example.test)",
            "second.example.test, port 993, TLS (DNS: _imaps._tcp.example.test)",
            "old.example.test, port 143, STARTTLS (DNS: _imap._tcp.example.test)",
        ]
    );
    assert_eq!(shown(&found.submission), ["smtp.example.test, port 465, TLS (DNS: _submissions._tcp.example.test)"]);
    assert!(found.remarks.is_empty(), "{:?}", found.remarks);
    // Nobody hears of a person: the domain alone was asked for.
    assert!(dns.log().contains("query[SRV] _submission._tcp.example.test"), "{}", dns.log());
}

#[test]
fn a_domain_that_says_nothing_offers_nothing_and_one_that_says_no_is_told_so() {
    let dns = Dns::start(&["srv-host=_imaps._tcp.none.test"]);
    assert_eq!(by_dns(&dns, "silent.test"), Offers::default());
    let none = by_dns(&dns, "none.test");
    assert!(
        none.imap.is_empty() && none.remarks[0].contains("_imaps._tcp.none.test says that there is no"),
        "{none:?}"
    );
}

#[test]
fn an_answer_too_long_for_one_packet_is_asked_for_again_over_tcp() {
    let record = |n: u32| format!("srv-host=_imaps._tcp.long.test,{}{n}.long.test,993,{n},1", "x".repeat(50));
    let records: Vec<String> = (0..40).map(record).collect();
    let dns = Dns::start(&records.iter().map(String::as_str).collect::<Vec<_>>());
    let found = by_dns(&dns, "long.test");
    assert_eq!(found.imap.len(), 40, "{:?}", found.remarks);
    assert!(found.imap[0].host.ends_with("x0.long.test"));
}

#[test]
fn a_resolver_that_does_not_answer_is_a_remark_and_no_end() {
    let nobody = net::Dns::at("127.0.0.1:9".parse().unwrap());
    let found = runtime().block_on(find::by_dns(&nobody, "example.test"));
    assert_eq!(found.remarks.len(), 1, "{found:?}");
    assert!(found.remarks[0].contains("DNS could not be asked"));
}

#[test]
fn usual_names_are_offered_where_dns_knows_them() {
    let dns = Dns::start(&["host-record=mail.usual.test,127.0.0.1", "cname=smtp.usual.test,mail.usual.test"]);
    let found = runtime().block_on(find::by_usual_names(&net::Dns::at(dns.address()), "usual.test"));
    assert_eq!(shown(&found.imap), ["mail.usual.test, port 993, TLS (a usual name, known to DNS)"]);
    let hosts: Vec<&str> = found.submission.iter().map(|o| o.host.as_str()).collect();
    assert_eq!(hosts, ["smtp.usual.test", "mail.usual.test"]);
    assert!(found.imap.iter().all(|offer| !offer.is_exact));
}

#[test]
fn a_domain_whose_mail_goes_to_a_known_provider_is_offered_its_servers() {
    let dns = Dns::start(&[
        "mx-host=team.test,backup.example.test,20",
        "mx-host=team.test,team-test.mail.protection.outlook.com,10",
        "mx-host=group.test,aspmx.l.google.com,1",
        "mx-host=own.test,mail.own.test,1",
    ]);
    let of = |domain: &str| runtime().block_on(find::by_mail_exchangers(&net::Dns::at(dns.address()), domain));
    let found = of("team.test");
    let why = "mail goes to team-test.mail.protection.outlook.com, which is Microsoft 365's";
    assert_eq!(shown(&found.imap), [format!("outlook.office365.com, port 993, TLS ({why})")]);
    assert_eq!(shown(&found.submission), [format!("smtp.office365.com, port 587, STARTTLS ({why})")]);
    assert!(found.imap[0].wants_token);
    let hosts = |found: &Offers| [found.imap[0].host.clone(), found.submission[0].host.clone()];
    assert_eq!(hosts(&of("group.test")), ["imap.gmail.com", "smtp.gmail.com"]);
    assert_eq!((of("own.test"), of("silent.test")), (Offers::default(), Offers::default()));
}

const PAGE: &str = "<clientConfig version=\"1.1\"><emailProvider id=\"page.test\">\
    <incomingServer type=\"imap\"><hostname>imap.page.test</hostname><port>993</port><socketType>SSL</socketType>\
    <username>%EMAILLOCALPART%</username></incomingServer>\
    <outgoingServer type=\"smtp\"><hostname>smtp.page.test</hostname><port>587</port><socketType>STARTTLS</socketType>\
    <username>%EMAILADDRESS%</username></outgoingServer></emailProvider></clientConfig>";

fn by_page(web: &Web, place: &Place) -> Result<Told, String> {
    let reached = net::Web { ca: Some(web.ca()), at: Some(web.address()) };
    runtime().block_on(find::by_page(&reached, place, "alice@page.test", "page.test"))
}

#[test]
fn a_page_is_fetched_over_tls_from_a_host_of_the_domain() {
    let web = Web::start(
        &["autoconfig.page.test", "page.test", "www.page.test"],
        "location /.well-known/ { return 302 https://www.page.test/mail/config-v1.1.xml; }",
    );
    web.put("/mail/config-v1.1.xml", PAGE.as_bytes());
    let [first, second] = find::pages("alice@page.test", "page.test");
    let Ok(Told::Offers(found)) = by_page(&web, &first) else { panic!("no page") };
    assert_eq!(
        shown(&found.imap),
        ["imap.page.test, port 993, TLS (https://autoconfig.page.test/mail/config-v1.1.xml)"]
    );
    assert_eq!(found.imap[0].login.as_deref(), Some("alice"));
    assert_eq!((found.submission[0].port, found.submission[0].login.as_deref()), (587, Some("alice@page.test")));
    assert!(web.asked().contains("GET /mail/config-v1.1.xml?emailaddress=alice%40page.test"), "{}", web.asked());
    // The second form leads to the same page by a way within the domain.
    assert!(matches!(by_page(&web, &second), Ok(Told::Offers(_))));
}

#[test]
fn a_way_out_of_the_domain_is_told_and_not_gone() {
    let web = Web::start(
        &["autoconfig.page.test"],
        "location /mail/ { return 301 https://autoconfig.provider.test$request_uri; }\n\
         location /plain/ { return 301 http://autoconfig.page.test/; }",
    );
    let [first, _] = find::pages("alice@page.test", "page.test");
    let Ok(Told::Elsewhere(place)) = by_page(&web, &first) else { panic!("gone") };
    assert_eq!(place.host, "autoconfig.provider.test");
    let plain = Place { path: "/plain/".to_owned(), ..first.clone() };
    assert_eq!(by_page(&web, &plain), Ok(Told::Nothing));
    assert_eq!(web.asked().lines().count(), 2, "{}", web.asked());
}

#[test]
fn what_is_not_there_too_large_or_no_page_is_told() {
    let web =
        Web::start(&["autoconfig.page.test"], "location /loop/ { return 302 https://autoconfig.page.test/loop/; }");
    let [first, _] = find::pages("alice@page.test", "page.test");
    assert_eq!(by_page(&web, &first), Ok(Told::Nothing));
    web.put("/mail/config-v1.1.xml", b"<html><body>Welcome</body></html>");
    assert!(by_page(&web, &first).unwrap_err().contains("no autoconfig page"));
    web.put("/mail/config-v1.1.xml", &vec![b' '; 10_000_000]);
    assert!(by_page(&web, &first).unwrap_err().contains("cannot be read"));
    let loops = Place { path: "/loop/".to_owned(), ..first.clone() };
    assert!(by_page(&web, &loops).unwrap_err().contains("without end"));
}

#[test]
fn a_page_is_fetched_through_the_proxy_that_the_environment_names() {
    let web = Web::start(&["autoconfig.page.test"], "");
    web.put("/mail/config-v1.1.xml", PAGE.as_bytes());
    let tunnel = Tunnel::to(&web);
    // The library's own process has another environment: the whole program is asked.
    let dns = Dns::start(&[]);
    let alice = Bagsy::bare()
        .env("BAGSY_RESOLVER", &dns.address().to_string())
        .env("SSL_CERT_FILE", &web.ca().display().to_string())
        .env("https_proxy", &tunnel.url());
    let pty = alice.terminal(Size::LARGE, &["setup"]);
    pty.wait_for("Your own mail address");
    pty.keys("alice@page.test\r");
    pty.wait_for("Ask them?");
    assert_eq!((web.asked(), tunnel.asked()), (String::new(), Vec::new()), "asked before the yes");
    pty.keys("\r");
    pty.wait_for("imap.page.test, port 993, TLS  (https://autoconfig.page.test/mail/config-v1.1.xml)");
    assert_eq!(tunnel.asked(), ["autoconfig.page.test:443"]);
    assert!(web.asked().contains("emailaddress=alice%40page.test"), "{}", web.asked());
    pty.wait_for("Its number");
}

#[test]
fn a_host_that_cannot_be_trusted_is_not_listened_to() {
    let web = Web::start(&["somebody.else.test"], "");
    web.put("/mail/config-v1.1.xml", PAGE.as_bytes());
    let [first, _] = find::pages("alice@page.test", "page.test");
    assert!(by_page(&web, &first).unwrap_err().contains("another host name"));
    let stranger = net::Web { ca: None, at: Some(web.address()) };
    let told = runtime().block_on(find::by_page(&stranger, &first, "alice@page.test", "page.test"));
    assert!(told.unwrap_err().contains("not trusted"));
    assert_eq!(web.asked(), "");
}
