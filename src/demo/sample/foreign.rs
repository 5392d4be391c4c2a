//! Conversations in other languages than English.

use super::compose::Charset;

/// A whole conversation: the customer's mails and ours in turn.
#[derive(Debug)]
pub struct Foreign {
    pub name: &'static str,
    pub email: &'static str,
    pub offset: i8,
    pub charset: Charset,
    pub tags: &'static [&'static str],
    pub subject: &'static str,
    /// What stands before the subject of an answer.
    pub re: &'static str,
    pub mails: &'static [&'static str],
}

pub const CONVERSATIONS: &[Foreign] = &[
    Foreign {
        name: "Friederike Lüttgens",
        email: "f.luettgens@luettgens-uhren.example",
        offset: 1,
        charset: Charset::Utf8,
        tags: &["billing"],
        subject: "Rückfrage zu Rechnung 118",
        re: "Re:",
        mails: &[
            "Guten Tag,\n\nauf Rechnung 118 stehen acht Plätze, wir sind aber seit März nur noch zu sechst. Könnten Sie das bitte prüfen \
und uns gegebenenfalls eine berichtigte Rechnung schicken? Die Buchhaltung wartet darauf.\n\nMit freundlichen Grüßen\nFriederike Lüttgens\nLüttgens Uhren, Köln",
        ],
    },
    Foreign {
        name: "Jürgen Größlinger",
        email: "info@groesslinger-werkzeug.example",
        offset: 1,
        charset: Charset::Latin1,
        tags: &["hardware"],
        subject: "Etikettendrucker druckt schräg",
        re: "AW:",
        mails: &[
            "Hallo,\n\nunser Etikettendrucker druckt seit heute früh alles leicht schräg, etwa 3° nach rechts. Neue Rolle ist drin, Führung ist sauber. \
Was können wir noch tun?\n\nGrüße aus dem Allgäu\nJürgen Größlinger",
            "Guten Tag Herr Größlinger,\n\nmeist sitzt die Rolle nicht ganz auf dem Dorn. Bitte einmal herausnehmen, den grauen Ring bis zum \
Anschlag drehen und wieder einsetzen. Ist es dann gerade?\n\nViele Grüße\nCarol, Stockwren Support",
            "Der Ring war’s nicht, aber beim Drehen fiel ein Stück alter Kleber heraus. Jetzt druckt er gerade. Danke für die schnelle Hilfe!\n\nJ. Größlinger",
        ],
    },
    Foreign {
        name: "Leonie Vogt",
        email: "leonie@vogtpapeterie.example",
        offset: 1,
        charset: Charset::Utf8,
        tags: &["onboarding"],
        subject: "Umzug in den neuen Laden – was müssen wir ändern?",
        re: "Re:",
        mails: &[
            "Liebes Team,\n\nAnfang nächsten Monats ziehen wir in größere Räume. Müssen wir für die neue Adresse einen zweiten Standort anlegen, \
oder genügt es, den alten umzubenennen? Die Bestände ziehen natürlich mit um.\n\nHerzliche Grüße\nLeonie Vogt",
            "Liebe Frau Vogt,\n\numbenennen genügt, dann bleiben alle Bestände und Auswertungen beisammen. Bitte denken Sie nur an die Absenderadresse \
für Retouren, die steht an einer anderen Stelle (Einstellungen, Versand).\n\nAlles Gute für den Umzug!\nBob, Stockwren Support",
        ],
    },
    Foreign {
        name: "林 さくら",
        email: "sakura.hayashi@hoshizora-zakka.example",
        offset: 9,
        charset: Charset::Utf8Base64,
        tags: &["shipping"],
        subject: "注文 20418 の追跡番号について",
        re: "Re:",
        mails: &[
            "サポートご担当者様\n\nいつもお世話になっております。星空雑貨の林です。\n\n注文 20418 を昨日発送しましたが、お客様の画面に追跡番号が表示されません。\
こちらの管理画面では「発送済み」になっています。\n\nお手数ですが、ご確認をお願いいたします。\n\n林 さくら",
        ],
    },
    Foreign {
        name: "森 健二",
        email: "k.mori@moriknives.example",
        offset: 9,
        charset: Charset::Utf8Base64,
        tags: &["billing"],
        subject: "請求書の宛名変更のお願い",
        re: "Re:",
        mails: &[
            "お世話になっております。森刃物の森です。\n\n来月より社名が「株式会社森刃物製作所」に変わります。請求書の宛名の変更をお願いできますでしょうか。\n\nよろしくお願いいたします。",
            "森様\n\nご連絡ありがとうございます。来月分の請求書より、新しい社名でお送りいたします。登記簿の写しをお送りいただけますと助かります。\n\nStockwren サポート Carol",
            "写しを添付いたします。ご確認ください。\n\n森",
        ],
    },
    Foreign {
        name: "Małgorzata Wiśniewska",
        email: "biuro@wisniewska-ceramika.example",
        offset: 1,
        charset: Charset::Latin2,
        tags: &["bug"],
        subject: "Błąd przy imporcie zamówień",
        re: "Odp:",
        mails: &[
            "Dzień dobry,\n\nod wczoraj import zamówień zatrzymuje się na wierszu 214 z komunikatem „nieprawidłowa data”. Plik jest taki sam jak zawsze, \
zażółć gęślą jaźń, tylko miesiąc się zmienił. Czy mogą Państwo sprawdzić, co się dzieje?\n\nPozdrawiam serdecznie\nMałgorzata Wiśniewska",
        ],
    },
    Foreign {
        name: "ليلى حداد",
        email: "layla@haddad-perfumes.example",
        offset: 3,
        charset: Charset::Utf8Base64,
        tags: &["shipping"],
        subject: "استفسار عن الشحن إلى الخارج",
        re: "رد:",
        mails: &[
            "السلام عليكم،\n\nنرغب في شحن طلباتنا إلى خارج البلاد ابتداءً من الشهر القادم. هل يمكنكم إخبارنا أين نكتب رقم الجمارك (HS 3303) لكل منتج؟\n\nمع خالص الشكر،\nليلى حداد",
        ],
    },
    Foreign {
        name: "נועה לוי",
        email: "noa@levi-ceramics.example",
        offset: 2,
        charset: Charset::Utf8,
        tags: &["auth"],
        subject: "לא מצליחה להתחבר לחשבון",
        re: "Re:",
        mails: &[
            "שלום,\n\nמאז העדכון אני לא מצליחה להתחבר לחשבון שלי (user: noa@levi-ceramics.example). מופיעה הודעה \"session expired\" כל פעם מחדש.\n\nתודה רבה,\nנועה לוי",
            "שלום נועה,\n\nאנא נסי לצאת מכל המכשירים ולהתחבר שוב. אם זה לא עוזר, כתבי לנו את השעה המדויקת.\n\nבברכה,\nBob, Stockwren Support",
        ],
    },
    Foreign {
        name: "Hugo Delacroix",
        email: "hugo@delacroixvins.example",
        offset: 1,
        charset: Charset::Utf8,
        tags: &["billing"],
        subject: "Facture en double ?",
        re: "RE :",
        mails: &[
            "Bonjour,\n\nnous avons reçu deux factures pour le mois dernier, l’une à 84,00 €, l’autre à 48,00 €. Laquelle est la bonne ? \
J’ai réglé la première par précaution…\n\nBien à vous,\nHugo Delacroix\nDelacroix Vins, Beaune",
        ],
    },
    Foreign {
        name: "Beatriz Moreira",
        email: "beatriz@moreirazulejos.example",
        offset: 0,
        charset: Charset::Utf8,
        tags: &["bug"],
        subject: "Contagem de stock não guarda",
        re: "Re:",
        mails: &[
            "Olá,\n\nfizemos a contagem ontem à noite, mas hoje de manhã os números antigos voltaram. Não queremos contar 1 200 azulejos outra vez… \
É possível recuperar?\n\nObrigada,\nBeatriz",
            "Olá Beatriz,\n\nnão se perdeu nada: a contagem ficou guardada como rascunho. Já a confirmei por si, pode verificar?\n\nCumprimentos,\nCarol, Stockwren Support",
            "Está tudo certo, que alívio! Muito obrigada 🙏\n\nBeatriz",
        ],
    },
    Foreign {
        name: "Victor Lindqvist",
        email: "victor@lindqvistsnickeri.example",
        offset: 1,
        charset: Charset::Utf8,
        tags: &["feature"],
        subject: "Önskemål: måttenhet per löpmeter",
        re: "Sv:",
        mails: &[
            "Hej!\n\nVi säljer lister per löpmeter, men lagret räknar bara hela stycken. Går det att ställa in decimaler någonstans, \
eller är det något ni kan bygga?\n\nVänliga hälsningar\nVictor",
        ],
    },
    Foreign {
        name: "Lucía Serrano",
        email: "lucia@serranocuero.example",
        offset: 1,
        charset: Charset::Utf8,
        tags: &["hardware"],
        subject: "¿El escáner funciona con códigos QR?",
        re: "Re:",
        mails: &[
            "Buenos días:\n\n¿El escáner del paquete inicial lee también códigos QR, o solo los de barras? Nuestro proveedor nuevo solo usa QR.\n\nUn saludo,\nLucía Serrano",
        ],
    },
];
