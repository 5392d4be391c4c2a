//! Getting in and getting going: sign-in, people and rights, first steps, privacy.

use super::Topic;

pub const TOPICS: &[Topic] = &[
    Topic {
        tags: &["auth"],
        subjects: &[
            "Cannot log in since the update",
            "Password reset mail never arrives",
            "Account locked",
            "Login loop",
        ],
        openers: &[
            "since the update I cannot log in any more. I type my password, the page blinks, and I am back at the start. My colleague at the next table gets in.",
            "the mail for the new password never arrives. I looked in junk, and I tried three times since {day}.",
            "it says that my account is locked, and to ask my administrator. I am the administrator.",
        ],
        questions: &[
            "Could you tell me which address you sign in with, and whether the clock of that computer is right?",
            "Could you tell me which address you asked for, and whether other mails of ours arrive there?",
            "Do you know whether somebody tried a wrong password before that?",
        ],
        details: &[
            "With this one here. And the clock is indeed seven minutes late! Could that be it?",
            "This one here. Now that you ask: the invoices have not come either, since about {day}.",
            "My son did, at the till, three times. He is sorry.",
        ],
        answers: &[
            "Seven minutes are enough: the sign-in is only good for five. Set the clock by the network and it will let you in.",
            "Your address was on a list of those that had refused our mails in the past. I took it off and sent a new link, which is good for an hour.",
            "Three wrong tries lock an account for a day. I have opened it again; please choose a new password, and then a second way to sign in under Security, so that this does not happen to the only administrator.",
        ],
    },
    Topic {
        tags: &["auth"],
        subjects: &["Lost my phone, cannot sign in", "Two-factor codes rejected", "New phone and 2FA"],
        openers: &[
            "I have a new phone, and the codes for signing in were only on the old one, which is at the bottom of a lake. How do I get back in?",
            "the six digits are refused since yesterday, each time. The recovery codes are refused, too, which worries me more.",
        ],
        questions: &[
            "I can help. To be sure that it is you: could somebody else of your team who has the owner's role confirm it to me, from their own address?",
        ],
        details: &["My sister has just written to you. She found it funnier than I did."],
        answers: &[
            "I have her word. The second factor is off for your account for one hour; sign in and set it up on the new phone. Please print the recovery codes this time.",
            "The recovery codes were from the set before last, each new set replaces the older ones. I have made you one code that works once, it is on its way by a letter to the owner.",
        ],
    },
    Topic {
        tags: &["auth"],
        subjects: &["Single sign-on for our team", "SAML certificate expires on {day}", "SSO setup"],
        openers: &[
            "we would like our people to sign in with the company's account. The guide asks for an “entity id”, and I have no idea which one of the nine fields that is.",
            "our certificate for single sign-on expires on {day}. Can we have the old and the new one side by side for some days?",
        ],
        questions: &[
            "Gladly. Are you on Plus? It is the plan that has it. And would you want people to be added by themselves on their first sign-in?",
            "Is the new one from the same issuer as the old one?",
        ],
        details: &[
            "Yes, on Plus since last year, and yes please, as readers to begin with.",
            "The same issuer, only two years longer.",
        ],
        answers: &[
            "Then it is three fields: the address of our metadata goes into the first, yours comes to me, and the group for readers is called “stockwren-read”. I have left a test page open for you until {day}.",
            "You can: add the new one as second, wait for all to have signed in once, then take the first away. Nobody is signed out.",
        ],
    },
    Topic {
        tags: &["onboarding"],
        subjects: &["Getting started", "Moving from another system", "Could somebody show us?", "Where do I begin?"],
        openers: &[
            "we signed up on {day} and I feel a bit lost. We have {seats} articles in a spreadsheet and one very small shop. What would be the first three things to do?",
            "we are coming from another system and have ten years of orders. Do we need all of that, or is it wiser to begin anew?",
            "is there somebody who could show this to us for half an hour? My mother runs the shop with me and does not like manuals.",
        ],
        questions: &[
            "Welcome! Do your articles have barcodes already, or would you like to print your own?",
            "Welcome! How often do you look up an order that is older than two years?",
            "With pleasure. Would mornings or afternoons suit the two of you better?",
        ],
        details: &[
            "About half of them do. The rest are handmade, so no.",
            "Honestly? Twice, I think, and both times for the tax office.",
            "Mornings, before we open. That is when my mother is at her best.",
        ],
        answers: &[
            "Then: import the spreadsheet as it is, print labels for the handmade ones, and count a single shelf to get a feeling for it. The rest can wait a week. I have put a plan of one page into your downloads.",
            "Take the last two years along and leave the rest in the old system, to look things up. Almost nobody misses more. I can do the import with you, would {day} at ten suit you?",
            "With pleasure. I have put a time into your calendar for {day}; the invitation has the link. Bring your mother, and an article that gives you trouble.",
        ],
    },
    Topic {
        tags: &["auth"],
        subjects: &["Remove a former employee", "Who changed our prices?", "Rights for part-time staff"],
        openers: &[
            "somebody left us in anger on {day} and I want to be sure that he cannot get in any more. Also, can I see what he did in his last week?",
            "over the weekend someone set all candles to half price. Nobody says it was them. Can you see who it was?",
            "our part-timers should be able to pack, but not to see what we earn. Which role is that?",
        ],
        questions: &[
            "Are you the owner of the workspace, or would the owner confirm that I may tell you? It concerns a person, so I have to ask.",
            "Before I name anybody: are you the owner of the workspace?",
            "Should they be able to print a label a second time, too?",
        ],
        details: &[
            "I am the owner, it is in my name. You can phone me on the number in the account if you want to be sure.",
            "Yes, my name is on the first page of the account.",
            "Print yes, a second time no, if you can tell the two apart.",
        ],
        answers: &[
            "His account is closed and all his devices are signed out. You find each of his steps under Settings, Journal; there is nothing unusual after {day}.",
            "It was not a person: a rule named “Winter sale” from last year had no end date. I switched it off, and the prices are back as they were on {day}.",
            "The role is called “Packer”. They see orders and shelves and no amounts at all.",
        ],
    },
    Topic {
        tags: &["legal"],
        subjects: &["Data processing agreement", "Deleting a customer's data", "Question about privacy"],
        openers: &[
            "our auditor wants the data processing agreement in its newest version, signed, and a list of where our data is kept. Could you send both before {day}?",
            "a customer of ours asks for all her data to be deleted. She has three orders, one of them is {order}. How do we do this without breaking our books?",
        ],
        questions: &[
            "Certainly. In which name should it be made out, and who will sign on your side?",
            "Has she any order that is still open or under warranty?",
        ],
        details: &[
            "In the name at the bottom of this mail. I will sign myself.",
            "No, the last one was two years ago.",
        ],
        answers: &[
            "Both are in your downloads, the agreement is signed on our side. The data lies in two halls in two cities of one country, as the list says.",
            "Use “Forget a person” on her page: name and address go, the amounts stay, so your books are whole and she is gone. It cannot be undone, so export first what the law makes you keep.",
        ],
    },
];
