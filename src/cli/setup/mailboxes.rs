//! Which mailboxes: those that the server shows to this login, and those that somebody has to name; and who one is in them.

use std::collections::BTreeMap;

use super::super::ask::{Person, number_of};
use super::super::context::Outcome;
use super::scene::Scene;
use crate::config::{self, AfterReply, DoneMeans, MailboxConfig};
use crate::engine::find::Known;
use crate::imap::utf7;
use crate::mail::safe;
use crate::model::{Capability, Handle, Mailbox, Role};
use crate::wire::keywords;

/// The mailboxes that get a section of their own in the file.
pub async fn ask(person: &Person, scene: &Scene, known: Option<Known>) -> Outcome<Vec<MailboxConfig>> {
    person.gap();
    person.say("Looking for mailboxes that are shared with you …");
    let mut seen = scene.look(&[]).await?;
    let found: Vec<Mailbox> = seen.drain(..).flat_map(|sight| sight.mailboxes).collect();
    let mut chosen = Vec::new();
    let wants_more = if found.is_empty() {
        person.say(&format!("The server shows no shared mailbox to {}.", scene.account.user));
        true
    } else {
        let all = choose(person, &found).await?;
        for mailbox in all {
            chosen.push(section(person, scene, mailbox).await?);
        }
        person.yes("Is there another one, which is not in this list?", false).await?
    };
    if wants_more {
        name_more(person, scene, &mut chosen, known).await?;
    }
    Ok(chosen)
}

/// Lets some of those that were found be chosen.
async fn choose<'a>(person: &Person, found: &'a [Mailbox]) -> Outcome<Vec<&'a Mailbox>> {
    person.list(&found.iter().map(shown).collect::<Vec<_>>());
    if let [only] = found {
        return Ok(vec![only]);
    }
    person.say("All of them are reached; those that you choose get a section in the file, for a name and a day from when on mail is work.");
    loop {
        let typed = person.line("Which do you work in? Numbers, as 1 3", Some("all")).await?;
        if typed.eq_ignore_ascii_case("all") {
            return Ok(found.iter().collect());
        }
        let words = typed.split([' ', ',']).filter(|word| !word.is_empty());
        let places: Option<Vec<usize>> = words.map(|word| number_of(word, found.len())).collect();
        match places.filter(|places| !places.is_empty()) {
            Some(mut places) => {
                places.sort_unstable();
                places.dedup();
                return Ok(places.into_iter().filter_map(|at| found.get(at)).collect());
            }
            None => person.say(&format!("Please answer “all”, or with numbers from 1 to {}.", found.len())),
        }
    }
}

fn shown(mailbox: &Mailbox) -> String {
    let words = [
        (Capability::Read, "read"),
        (Capability::Claim, "claim"),
        // Whether answers may leave is the submission server's to say.
        (Capability::Archive, "archive"),
    ];
    let may: Vec<&str> = words.into_iter().filter(|(may, _)| mailbox.may(*may)).map(|(_, word)| word).collect();
    let name = mailbox.address.clone().unwrap_or_else(|| format!("“{}”", utf7::decode(&mailbox.root)));
    if may.is_empty() { format!("{name}  (closed to you)") } else { format!("{name}  (you may {})", may.join(", ")) }
}

/// The section of one that was found. Its address is asked for where its name is none.
async fn section(person: &Person, scene: &Scene, mailbox: &Mailbox) -> Outcome<MailboxConfig> {
    if let Some(address) = &mailbox.address {
        return Ok(plain(scene, address));
    }
    let name = utf7::decode(&mailbox.root);
    let default = likely_address(&name, &scene.account.user);
    let address = address(person, &format!("The mail address of “{}”", safe::line(&name)), default.as_deref()).await?;
    Ok(MailboxConfig { root: Some(mailbox.root.clone()), ..plain(scene, &address) })
}

/// `Shared Folders/support`, seen by `alice@example.com`: `support@example.com`.
fn likely_address(name: &str, login: &str) -> Option<String> {
    let (_, domain) = login.rsplit_once('@')?;
    let leaf = name.rsplit(['/', '.']).next().filter(|leaf| !leaf.eq_ignore_ascii_case("INBOX"))?;
    Some(format!("{}@{domain}", leaf.to_lowercase())).filter(|address| config::is_address(address))
}

async fn address(person: &Person, question: &str, default: Option<&str>) -> Outcome<String> {
    loop {
        let typed = person.line(question, default).await?;
        if config::is_address(&typed) {
            return Ok(typed);
        }
        person.bad(&format!("“{typed}” is no mail address"));
    }
}

/// Mailboxes that the server does not show, until there are no more.
async fn name_more(person: &Person, scene: &Scene, chosen: &mut Vec<MailboxConfig>, known: Option<Known>) -> Outcome {
    let user = &scene.account.user;
    let things = [
        format!("the login {user} is the mailbox itself: a team signs in as it"),
        "a mailbox whose IMAP name I know".to_owned(),
        "a mailbox that is a login of its own, opened with my secret (Microsoft 365)".to_owned(),
        "no more".to_owned(),
    ];
    loop {
        let likely = match known {
            Some(Known::Microsoft365) => 2,
            Some(Known::Google) => 0,
            None => things.len() - 1,
        };
        let default = if chosen.is_empty() { likely } else { things.len() - 1 };
        let named = match person.choice("Which is it?", &things, default).await? {
            0 => {
                let own = Some(user.as_str()).filter(|user| config::is_address(user));
                let address = address(person, "Its mail address", own).await?;
                MailboxConfig { root: Some("INBOX".to_owned()), ..plain(scene, &address) }
            }
            1 => {
                let name = person.line("The IMAP name of its INBOX, as shared/support@example.com", None).await?;
                let default = likely_address(&name, user);
                let address = address(person, "Its mail address", default.as_deref()).await?;
                MailboxConfig { root: Some(utf7::encode(&name)), ..plain(scene, &address) }
            }
            2 => {
                let address = address(person, "Its mail address", None).await?;
                let login = person.line("The login under which it is opened", Some(&address)).await?;
                MailboxConfig { user: Some(login), ..plain(scene, &address) }
            }
            _ if !chosen.is_empty() => return Ok(()),
            _ => {
                person.say(
                    "Then there is nothing to work in yet: whoever runs the server has to share a mailbox with you.",
                );
                if person.yes("Go on without?", false).await? {
                    return Ok(());
                }
                continue;
            }
        };
        let is_known = chosen.iter().any(|known| known.is_meant_by(&named.address));
        if is_known {
            person.bad(&format!("{} is there already", named.address));
            continue;
        }
        let wanted = named.address.clone();
        let mut tried = chosen.clone();
        tried.push(named);
        match scene.look(&tried).await {
            Err(refusal) => person.bad(&refusal.message),
            Ok(seen) => {
                let closed = seen.iter().flat_map(|s| &s.closed).find(|c| c.address == wanted);
                let open = seen.iter().flat_map(|s| &s.mailboxes).find(|m| m.is_own_address(&wanted));
                match (open, closed) {
                    (Some(mailbox), _) => {
                        person.good(&shown(mailbox));
                        *chosen = tried;
                    }
                    (None, Some(closed)) => person.bad(&closed.refusal.message),
                    (None, None) => person.bad(&format!("the server does not show {wanted}")),
                }
            }
        }
    }
}

/// Who one is to teammates, where the login does not tell.
pub async fn handle(person: &Person, scene: &Scene, chosen: &[MailboxConfig]) -> Outcome<Option<Handle>> {
    let mut seen = scene.look(chosen).await?;
    let config_of = |mailbox: &Mailbox| {
        let address = mailbox.address.as_deref()?;
        chosen.iter().find(|config| config.is_meant_by(address))
    };
    let told = |mailbox: &Mailbox| {
        let is_opened_as_itself = config_of(mailbox).is_some_and(|config| config.user.is_some());
        let root = Some(mailbox.root.as_str()).filter(|_| !is_opened_as_itself);
        scene.account.handle_in(mailbox.address.as_deref(), root)
    };
    let is_chosen = |mailbox: &Mailbox| config_of(mailbox).is_some();
    let unknown = seen.iter().flat_map(|sight| &sight.mailboxes).filter(|m| is_chosen(m)).find_map(|m| told(m).err());
    let Some(why) = unknown else { return Ok(None) };
    person.gap();
    person.say(&format!("Who you are to your teammates, they cannot see from the login: {why}."));
    let default = likely_handle();
    loop {
        let question = "Your handle: a short name of your own, as alice";
        let typed = person.line(question, default.as_ref().map(Handle::as_str)).await?;
        let handle = match Handle::new(&typed) {
            Ok(handle) => handle,
            Err(error) => {
                person.bad(&error.to_string());
                continue;
            }
        };
        let mut used_in = None;
        for sight in &mut seen {
            for mailbox in sight.mailboxes.iter().filter(|m| is_chosen(m)) {
                sight.link.enter(mailbox, Role::Inbox).await?;
                let claim = keywords::claim(&handle);
                let flags = sight.link.selected().map(|selected| selected.flags.as_slice()).unwrap_or_default();
                if flags.iter().any(|flag| flag.eq_ignore_ascii_case(&claim)) {
                    used_in = Some(mailbox.key().to_owned());
                }
            }
        }
        let Some(used_in) = used_in else { return Ok(Some(handle)) };
        person.say(&format!("{handle} has claimed mail in {used_in} before."));
        if person.yes("Was that you?", false).await? {
            return Ok(Some(handle));
        }
    }
}

/// The name by which this machine knows its user, where it can be a handle.
fn likely_handle() -> Option<Handle> {
    let name = std::env::var("USER").ok().filter(|name| name != "root")?;
    Handle::new(&name).ok()
}

fn plain(scene: &Scene, address: &str) -> MailboxConfig {
    MailboxConfig {
        address: address.to_owned(),
        account: scene.account.key.clone(),
        name: None,
        addresses: Vec::new(),
        root: None,
        folders: BTreeMap::new(),
        user: None,
        since: None,
        done: DoneMeans::Archive,
        after_reply: AfterReply::Waiting,
        signature: None,
    }
}

#[cfg(test)]
mod tests {
    use super::likely_address;

    #[test]
    fn a_name_and_the_persons_domain_make_a_likely_address() {
        let likely = |name: &str| likely_address(name, "alice@example.test");
        assert_eq!(likely("Shared Folders/Support").as_deref(), Some("support@example.test"));
        assert_eq!(likely("#shared.sales").as_deref(), Some("sales@example.test"));
        assert_eq!(likely("shared/INBOX"), None);
        assert_eq!(likely("shared/on call"), None);
        assert_eq!(likely_address("shared/support", "alice"), None);
    }
}
