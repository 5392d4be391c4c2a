//! What people write to the support of Stockwren, an invented service that keeps orders and stock for small shops.
//!
//! A topic is a conversation in pieces: an opener, what support asks back, what the customer then tells, what helps. The first of
//! one list goes with the first of another, and so on round. Words in braces are filled in alike throughout a conversation.

mod account;
mod billing;
mod product;
mod warehouse;

/// A conversation in pieces.
#[derive(Debug)]
pub struct Topic {
    /// What a teammate tags it with.
    pub tags: &'static [&'static str],
    pub subjects: &'static [&'static str],
    pub openers: &'static [&'static str],
    pub questions: &'static [&'static str],
    pub details: &'static [&'static str],
    pub answers: &'static [&'static str],
}

/// Every topic there is.
pub fn all() -> impl Iterator<Item = &'static Topic> {
    [billing::TOPICS, product::TOPICS, warehouse::TOPICS, account::TOPICS].into_iter().flatten()
}

/// What a customer says when it is over.
pub const THANKS: &[&str] = &[
    "That did it, thank you!",
    "Perfect, works now. Thanks for the quick help.",
    "Brilliant, all sorted. You can close this.",
    "Thank you, that was exactly it.",
    "Great, I can see it now. Appreciate it.",
    "Lovely, thanks {agent}. Have a good week!",
    "Confirmed, everything is back to normal on our side.",
    "Ah, I had not thought of that. Works, thank you.",
];

/// What a customer asks when it is not over.
pub const ONE_MORE: &[&str] = &[
    "Thanks, that helped. One more thing: does the same apply to the second location, or do I have to do it there as well?",
    "Good, that part works. Will my colleagues see the change too, or does everyone have to sign in again?",
    "Thank you. Is there a way to be told by mail the next time this happens?",
    "OK, done. For my notes: where would I have found this in the manual?",
    "It worked once and then it was back this morning. What else can I try?",
    "Understood. And would the Plus plan change anything about it?",
    "Thanks for explaining. Could you also check whether orders from before {day} were affected?",
];

/// What support says to each of that.
pub const ONE_MORE_ANSWERS: &[&str] = &[
    "It applies to the whole workspace, so there is nothing more to do on your side.",
    "Everyone sees it at once, nobody has to sign in again.",
    "Yes: under Settings, Notices you can have a mail for exactly this. I have switched it on for you, tell me if it is too much.",
    "It is in the handbook under “Daily work”, though I admit that it is well hidden. I have asked for a better heading.",
    "I looked again and found a second entry with the same code. I have merged the two, so it should stay away for good now.",
    "No, the plans differ only in seats and in how far back the reports reach.",
    "I checked: nothing from before {day} was touched, all totals agree.",
];

/// What a customer says who was not answered yet.
pub const NUDGES: &[&str] = &[
    "Any news on this?",
    "Sorry to push, but we would need an answer by {day}. Is there anything that I can do to speed this up?",
    "Just following up on the mail below.",
    "It happened again just now, two more orders are affected.",
    "In case it helps: it only happens on the older computer, the new one is fine.",
    "Forgot to say: this is for the shop in the market hall, not for the main one.",
    "Is somebody looking at this? I could also phone, if that is easier.",
];

/// What a teammate says where nothing better is known.
pub const GENERAL_ANSWERS: &[&str] = &[
    "Thank you for writing. I have looked at your workspace and could see what you describe. I put it right and will keep an eye on it until {day}.",
    "Thanks for telling us. I have passed this on to the people who build it and will write again as soon as I know more, by {day} at the latest.",
    "I tried this in a workspace of my own and it worked there. Could you send me the exact time when you last saw it, so that I can find it in our records?",
];

#[cfg(test)]
mod tests {
    use super::{Topic, all};

    #[test]
    fn every_topic_has_all_its_pieces() {
        let pieces =
            |t: &Topic| [t.subjects.len(), t.openers.len(), t.questions.len(), t.details.len(), t.answers.len()];
        for topic in all() {
            assert!(pieces(topic).iter().all(|count| *count > 0), "{:?}", topic.subjects);
            assert!(topic.openers.len() * topic.subjects.len() >= 4, "{:?}", topic.subjects);
        }
    }
}
